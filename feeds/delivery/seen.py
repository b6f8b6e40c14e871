"""What delivery tells the statistics: a feed was polled, a file was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class PollSeen(NamedTuple):
    """One poll of a private feed. ``at`` in Unix seconds."""

    at: float
    feed_id: int
    status: int
    user_agent: str


@dataclass(frozen=True, slots=True)
class MediaSeen:
    """One request for an episode's audio, noted when its answer has ended.

    ``start`` and ``end`` bound the bytes asked for, ``sent`` says how many of them left
    (for a redirect: how many were asked for, since S3 sends them). ``address`` is hashed
    before anything is stored.
    """

    at: float
    show_id: int
    episode_id: int
    episode_key: str
    feed_id: int | None
    member_id: int | None
    method: str
    status: int
    start: int
    end: int
    sent: int
    file_bytes: int
    minute_bytes: int
    redirected: bool
    address: str
    user_agent: str
    referrer: str


class Recorder(Protocol):
    """Takes notes; never blocks and never fails the request."""

    def put(self, seen: PollSeen | MediaSeen) -> None:
        """Remember it, to be written soon."""


class NoRecorder:
    """Forgets everything, for previews and tests."""

    def put(self, seen: PollSeen | MediaSeen) -> None:
        """Do nothing."""
