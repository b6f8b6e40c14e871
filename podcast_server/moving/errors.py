"""What can go wrong when an installation moves."""

from __future__ import annotations


class MoveError(Exception):
    """The move stopped; nothing is lost, and the same command goes on where it stopped."""


class ArchiveError(MoveError):
    """An archive cannot be written or is not taken in; nothing was changed."""
