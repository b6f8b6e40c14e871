"""Limits that all processes hold together, and the limit on changes through the pages."""
