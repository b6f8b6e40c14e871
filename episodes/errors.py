"""Everything that can go wrong while audio comes in, as one family."""

from __future__ import annotations


class EpisodeError(Exception):
    """Base of the family. ``str(error)`` is a sentence a podcaster can act on."""
