"""Listening in the browser to everything I may hear."""
