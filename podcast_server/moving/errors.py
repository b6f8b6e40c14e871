"""What can go wrong when an installation moves."""

from __future__ import annotations


class MoveError(Exception):
    """The move stopped; nothing is lost, and the same command goes on where it stopped."""
