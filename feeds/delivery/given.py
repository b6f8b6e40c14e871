"""Answers given before, for apps that ask again: they poll all day and fetch audio piece by piece,
and the whole way to an answer would be gone again each time.

An answer depends on the feed's row, which the feed memory forgets the moment anything behind it
changes, and on the time, which ends it by itself.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from feeds.access import Window
from feeds.delivery.lookup import Lookup
from feeds.delivery.rows import FeedRow


class Given(Protocol):
    """An answer and what it rests upon."""

    @property
    def feed_key(self) -> str:
        """The random id of the feed."""

    @property
    def feed(self) -> FeedRow:
        """The row that it was made of."""

    @property
    def since(self) -> float:
        """When it was given, in Unix seconds. By a clock put back it is not right any more."""

    @property
    def until(self) -> float:
        """The moment from which on it is not right any more, in Unix seconds."""


G = TypeVar("G", bound=Given)


class GivenBefore(Generic[G]):
    """At most ``size`` answers by their path. Safe to use from many threads."""

    def __init__(self, lookup: Lookup, size: int = 20_000) -> None:
        self._remembered = lookup.remembered
        self._size = size
        self._by_path: dict[str, G] = {}
        self._lock = threading.Lock()

    def get(self, path: str, now: float) -> G | None:
        """What was given under a path, if it still is the right answer."""
        known = self._by_path.get(path)
        if known is None or not known.since <= now < known.until:
            return None
        # The very row: one that was read again may say something else.
        return known if self._remembered(known.feed_key) is known.feed else None

    def keep(self, path: str, given: G) -> None:
        """Remember an answer, unless what it was made of has changed meanwhile.

        Only under the address as we gave it out: one member must not push out all others by
        writing theirs in thousands of ways (the case of a token does not matter).
        """
        if path != path.lower() or self._remembered(given.feed_key) is not given.feed:
            return
        with self._lock:
            if len(self._by_path) >= self._size and path not in self._by_path:
                del self._by_path[next(iter(self._by_path))]
            self._by_path[path] = given


def first_after(now: float, edges: Iterable[float | None]) -> float:
    """The first of some moments that is still to come."""
    return min((edge for edge in edges if edge is not None and edge > now), default=math.inf)


def edges_of(windows: Iterable[Window]) -> list[float | None]:
    """The moments at which a member's windows begin and end."""
    return [edge for _, _, starts, ends, _ in windows for edge in (starts, ends)]
