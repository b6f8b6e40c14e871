"""Everything that can go wrong while audio comes in, as one family."""

from __future__ import annotations


class EpisodeError(Exception):
    """Base of the family. ``str(error)`` is a sentence a podcaster can act on."""


class BadField(EpisodeError):
    """A value of a show or an episode cannot be used; ``field`` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class NotFound(EpisodeError):
    """There is no such show, episode or tier."""
