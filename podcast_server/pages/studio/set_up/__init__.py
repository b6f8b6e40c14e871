"""The first run of a fresh server."""
