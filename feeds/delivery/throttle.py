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
        self._counts: dict[str, tuple[int, int]] = {}
        self._minute = 0
        self._lock = threading.Lock()

    def exceeded(self, key: str, now: float) -> int:
        """Count one; 0 while within bounds, else seconds until the next window."""
        total = self._count(key, int(now // 60))
        return 0 if total <= self._per_minute else math.ceil(60 - now % 60)

    def _count(self, key: str, minute: int) -> int:
        with self._lock:
            if minute != self._minute:
                self._counts, self._minute = {}, minute
            total, untold = self._counts.get(key) or self._room()
            total, untold = total + 1, untold + 1
            # Who is over the bound is not counted any further: an attack costs no writing.
            tell = untold >= self._step and total <= self._per_minute + self._step
            self._counts[key] = (total, 0 if tell else untold)
        return self._tell(key, minute, untold, total) if tell and self._shared else total

    def _room(self) -> tuple[int, int]:
        """Nothing counted yet; the oldest key makes room for the newest."""
        if len(self._counts) >= KEYS_KEPT:
            del self._counts[next(iter(self._counts))]
        return 0, 0

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
            if known is not None and self._minute == minute:
                self._counts[key] = (max(known[0], everywhere), known[1])
        return max(total, everywhere)
