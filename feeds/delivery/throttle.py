"""Bounds on how often something may happen per minute, held together by several processes.

Each process counts by itself and tells a common counter only after every quarter of the bound, so
that the usual request costs no look-up; all together may pass the bound by a quarter for each
process. Without the common counter (it may be away) each process holds the bound alone.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from itertools import count

from feeds.downloads.privacy import address_unit

log = logging.getLogger(__name__)

KEYS_KEPT = 50_000
# (key, minute since 1970, how many more) → how many in all processes together
Shared = Callable[[str, int, int], int]


def counted_as(address: str) -> str:
    """What an address is counted as: an IPv6 one as its network of /64, which one household or
    one rented machine has all of to itself."""
    unit = address_unit(address)
    return unit.hex() if unit else address


class Throttle:
    """Counts per key, such as an address or a feed, in windows of one minute."""

    def __init__(self, name: str, per_minute: int, shared: Shared | None = None) -> None:
        self._name = name
        self._per_minute = per_minute
        self._step = max(1, per_minute // 4)
        self._shared = shared
        # Of the present minute. Counting is one step (``next``), so that threads need no lock.
        self._counts: dict[str, count[int]] = {}
        self._elsewhere: dict[str, int] = {}  # what other processes counted, as far as we know
        self._begins = self._ends = 0.0  # Unix seconds
        self._lock = threading.Lock()

    def exceeded(self, key: str, now: float) -> int:
        """Count one; 0 while within bounds, else seconds until the next window."""
        if not self._begins <= now < self._ends:
            self._begin(now)
        counter = self._counts.get(key)
        here = next(self._with_room_for(key) if counter is None else counter)
        total = here + self._elsewhere.get(key, 0) if self._elsewhere else here
        # Who is over the bound is not counted any further: an attack costs no writing.
        if self._shared and not here % self._step and total <= self._per_minute + self._step:
            total = here + self._tell(key, int(now // 60), here)
        return 0 if total <= self._per_minute else math.ceil(60 - now % 60)

    def _begin(self, now: float) -> None:
        with self._lock:
            if not self._begins <= now < self._ends:
                self._counts, self._elsewhere = {}, {}
                self._begins = now - now % 60
                self._ends = self._begins + 60

    def _with_room_for(self, key: str) -> count[int]:
        """A counter for the newest key; the oldest makes room."""
        with self._lock:
            if len(self._counts) >= KEYS_KEPT and key not in self._counts:
                del self._counts[next(iter(self._counts))]
            return self._counts.setdefault(key, count(1))

    def _tell(self, key: str, minute: int, here: int) -> int:
        """Tell the others of as many as we tell them of each time; returns what they counted."""
        assert self._shared is not None
        known = self._elsewhere.get(key, 0)
        try:
            everywhere = self._shared(f"{self._name}:{key}", minute, self._step)
        except Exception:
            # The limit must not close the door where the counter is away.
            log.warning("the common counter of limits is away", exc_info=True)
            return known
        with self._lock:
            if self._begins == minute * 60:
                known = self._elsewhere[key] = max(known, everywhere - here)
        return max(known, everywhere - here)
