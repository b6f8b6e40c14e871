"""Redirects given before, for apps that ask again: players fetch audio piece by piece, and the
whole way to an answer would be gone again for every piece.

A redirect depends on the feed's row, which the feed memory forgets the moment anything behind it
changes, and on the time, which ends it by itself.
"""

from __future__ import annotations

from typing import NamedTuple

from feeds.access import next_change, parse_windows
from feeds.delivery.facts import Answer
from feeds.delivery.lookup import Lookup
from feeds.delivery.media import MediaAnswer
from feeds.delivery.rows import FeedRow

# At most so long, which is far less than the signed address behind outlives its hour.
KEEP_SECONDS = 60.0


class Redirect(NamedTuple):
    """An answer that sends somebody on, what it rests upon, and what the statistics note."""

    feed_key: str
    feed: FeedRow
    limit_key: str
    until: float  # Unix seconds
    answer: Answer
    episode_key: str
    file_bytes: int
    minute_bytes: int


class Redirects:
    """At most ``size`` redirects by their path. Safe to use from many threads."""

    def __init__(self, lookup: Lookup, size: int = 20_000) -> None:
        self._lookup = lookup
        self._size = size
        self._by_path: dict[str, Redirect] = {}

    def get(self, path: str, now: float) -> Redirect | None:
        """The redirect for a path, if it still is the right answer."""
        known = self._by_path.get(path)
        if known is None or now >= known.until:
            return None
        # The very row: one that was read again may say something else.
        return known if self._lookup.remembered(known.feed_key) is known.feed else None

    def keep(self, path: str, feed_key: str, found: MediaAnswer, now: float) -> None:
        """Remember an answer, if it is one that can be given again."""
        feed, episode, audio = found.feed, found.episode, found.audio
        if not found.redirected or feed is None or episode is None or audio is None:
            return
        if self._lookup.remembered(feed_key) is not feed:
            return
        edges: list[float | None] = [now + KEEP_SECONDS, next_change(episode.facts, now)]
        for _, _, starts, ends, _ in parse_windows(feed.windows):
            edges += [starts, ends]
        until = min(edge for edge in edges if edge is not None and edge > now)
        if len(self._by_path) >= self._size:
            self._by_path = {}
        self._by_path[path] = Redirect(
            feed_key,
            feed,
            str(feed.feed_id),
            until,
            found.answer,
            episode.key,
            audio.size,
            audio.minute_bytes,
        )
