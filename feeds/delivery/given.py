"""What was found out for an answer, kept for apps that ask again: they poll all day and fetch
audio piece by piece, and the whole way to an answer would be gone again each time.

An answer depends on the feed's row, which the feed memory forgets the moment anything behind it
changes, and on the time, which ends it by itself.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from feeds.access import Window
from feeds.delivery.facts import Answer
from feeds.delivery.lookup import Lookup
from feeds.delivery.rows import FeedRow
from feeds.downloads.record import Entry

# One fact of a request by its name in WSGI, and what to take where there is none.
Get = Callable[[str, str], str]


@dataclass(slots=True, eq=False)
class Given(ABC):
    """What somebody was answered, what it rests upon, and how long it is right.

    Read at every request and made rarely, so no named tuple: their fields are slow to read.
    """

    feed_key: str  # the random id of the feed
    feed: FeedRow  # the row that it was made of
    limit_key: str
    since: float  # Unix seconds; by a clock put back before it, it is not right any more
    until: float  # from then on it is not right any more
    # Of how many changes it is known that its row has outlived them.
    outlived: int = field(default=-1, init=False)

    @abstractmethod
    def again(self, get: Get) -> Answer:
        """The answer to GET. Raises LookupError where it must be found anew."""

    @abstractmethod
    def note(self, now: float, status: int, get: Get) -> Entry:
        """What the statistics keep of a request that was answered so."""


class GivenBefore:
    """What was given under at most ``size`` paths. Safe to use from many threads."""

    def __init__(self, lookup: Lookup, size: int = 40_000) -> None:
        self._memory = lookup.memory
        self._size = size
        self._by_path: dict[str, Given] = {}
        self._lock = threading.Lock()

    def get(self, path: str, now: float) -> Given | None:
        """What was given under a path, if it is still right."""
        known, memory = self._by_path.get(path), self._memory
        if known is None or memory is None or not known.since <= now < known.until:
            return None
        if not memory.current():
            return None
        changes = memory.changes
        if known.outlived != changes:
            # The very row: one that was read again may say something else.
            if memory.get(known.feed_key) is not known.feed:
                return None
            known.outlived = changes
        return known

    def keep(self, path: str, given: Given) -> None:
        """Remember it, unless what it was made of has changed meanwhile.

        Only under the address as we gave it out: one member must not push out all others by
        writing theirs in thousands of ways (the case of a token does not matter).
        """
        memory = self._memory
        if memory is None or path != path.lower():
            return
        if memory.get(given.feed_key) is not given.feed:
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
