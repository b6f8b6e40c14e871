"""A bound on guessing: so many unknown tokens a minute from one address, then 429."""

from __future__ import annotations

import threading
from collections import OrderedDict

ADDRESSES_KEPT = 50_000


class GuessLimit:
    """Counts wrong guesses per client address in one-minute windows.

    Asked only after a token turned out to be unknown, so a valid one is never held up by
    what others behind the same address do. Per process: with several workers the bound is
    that many times higher, which changes nothing against 120-bit signatures.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def exceeded(self, address: str, now: float) -> int:
        """Count one wrong guess; 0 while within bounds, else seconds until the next window."""
        minute = int(now // 60)
        with self._lock:
            window, count = self._counts.pop(address, (minute, 0))
            count = count + 1 if window == minute else 1
            self._counts[address] = (minute, count)
            if len(self._counts) > ADDRESSES_KEPT:
                self._counts.popitem(last=False)
        return 0 if count <= self._per_minute else int(60 - now % 60) + 1
