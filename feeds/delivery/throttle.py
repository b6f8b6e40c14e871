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
        # Of the present minute: what was counted in all, and of it not yet told to the others.
        self._counts: dict[str, list[int]] = {}
        self._begins = self._ends = 0.0  # Unix seconds
        self._lock = threading.Lock()

    def exceeded(self, key: str, now: float) -> int:
        """Count one; 0 while within bounds, else seconds until the next window."""
        with self._lock:
            if not self._begins <= now < self._ends:
                self._counts, self._begins = {}, now - now % 60
                self._ends = self._begins + 60
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[self._with_room_for(key)] = [0, 0]
            counts[0] += 1
            counts[1] += 1
            total, untold = counts
            # Who is over the bound is not counted any further: an attack costs no writing.
            tell = untold >= self._step and total <= self._per_minute + self._step
            if tell:
                counts[1] = 0
        if tell and self._shared:
            total = self._tell(key, int(now // 60), untold, total)
        return 0 if total <= self._per_minute else math.ceil(60 - now % 60)

    def _with_room_for(self, key: str) -> str:
        """The oldest key makes room for the newest."""
        if len(self._counts) >= KEYS_KEPT:
            del self._counts[next(iter(self._counts))]
        return key

    def _tell(self, key: str, minute: int, more: int, total: int) -> int:
        assert self._shared is not None
        try:
            everywhere = self._shared(f"{self._name}:{key}", minute, more)
        except Exception:
            # The limit must not close the door where the counter is away.
            log.warning("the common counter of limits is away", exc_info=True)
            return total
        with self._lock:
            known = self._counts.get(key)
            if known is not None and self._begins == minute * 60:
                known[0] = max(known[0], everywhere)
        return max(total, everywhere)
