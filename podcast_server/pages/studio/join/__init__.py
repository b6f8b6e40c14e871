"""Becoming staff by an invitation."""
