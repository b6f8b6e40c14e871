"""Backups: consistent while the server runs, incremental by nature, and restored by a test."""
