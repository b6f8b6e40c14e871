"""Why a place cannot be watched."""

from __future__ import annotations


class WatchError(Exception):
    """The text says what stands in the way and what to do."""
