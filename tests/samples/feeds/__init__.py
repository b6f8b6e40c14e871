"""Feeds after the patterns of the large hosts: what each writes, in its order and its words."""
