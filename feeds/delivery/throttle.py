"""Bounds on how often something may happen per minute, held together by several processes.

Each process counts by itself and tells a common counter only after every quarter of the bound, so
that the usual request costs no look-up; all together may pass the bound by a quarter for each
process. Without the common counter (it may be away) each process holds the bound alone.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable

log = logging.getLogger(__name__)

KEYS_KEPT = 50_000
# (key, minute since 1970, how many more) → how many in all processes together
Shared = Callable[[str, int, int], int]


class Throttle:
    """Counts per key, such as an address or a feed, in windows of one minute."""

    def __init__(self, name: str, per_minute: int, shared: Shared | None = None) -> None:
        self._name = name
        self._per_minute = per_minute
        self._step = max(1, per_minute // 4)
        self._shared = shared
        # key: (minute, counted in all, of these not yet told to the others)
        self._counts: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def exceeded(self, key: str, now: float) -> int:
        """Count one; 0 while within bounds, else seconds until the next window."""
        minute = int(now // 60)
        total = self._count(key, minute)
        return 0 if total <= self._per_minute else math.ceil(60 - now % 60)

    def _count(self, key: str, minute: int) -> int:
        with self._lock:
            window, total, untold = self._counts.pop(key, (minute, 0, 0))
            if window != minute:
                total = untold = 0
            total, untold = total + 1, untold + 1
            # Who is over the bound is not counted any further: an attack costs no writing.
            tell = untold >= self._step and total <= self._per_minute + self._step
            self._counts[key] = (minute, total, 0 if tell else untold)
            if len(self._counts) > KEYS_KEPT:
                self._counts.popitem(last=False)
        return self._tell(key, minute, untold, total) if tell and self._shared else total

    def _tell(self, key: str, minute: int, more: int, total: int) -> int:
        assert self._shared is not None
        try:
            everywhere = self._shared(f"{self._name}:{key}", minute, more)
        except Exception:
            # The limit must not close the door where the counter is away.
            log.warning("the common counter of limits is away", exc_info=True)
            return total
        with self._lock:
            window, known, untold = self._counts.get(key, (minute, 0, 0))
            if window == minute:
                self._counts[key] = (minute, max(known, everywhere), untold)
        return max(total, everywhere)
