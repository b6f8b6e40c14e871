"""Doors for other people's servers: verify, keep, answer at once."""
