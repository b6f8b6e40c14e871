"""Feeds that look shared, and how far things go by themselves."""
