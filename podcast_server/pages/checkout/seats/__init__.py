"""Seats for a group."""
