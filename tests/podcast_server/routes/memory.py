"""Whether a process keeps something of each request: what it holds after late rounds of the same."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from podcast_server.heaps import give_back

ROUNDS = 8  # the first half fills caches
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Growth:
    """Between the middle of all rounds and the end of them, for one request."""

    objects: float
    bytes: float


def growth(round_of_requests: Callable[[], int]) -> Growth:
    """Does the same requests over and over; ``round_of_requests`` gives how many it did."""
    gc.collect()
    gc.freeze()  # what others left here is neither looked through again and again nor counted
    try:
        return _growth(round_of_requests)
    finally:
        gc.unfreeze()


def _growth(round_of_requests: Callable[[], int]) -> Growth:
    held: list[tuple[int, int]] = []
    requests = 0
    for number in range(ROUNDS):
        asked = round_of_requests()
        requests += asked if number >= ROUNDS // 2 else 0
        held.append(_held())
    (objects, size), (more_objects, more_size) = held[ROUNDS // 2 - 1], held[-1]
    return Growth((more_objects - objects) / requests, (more_size - size) / requests)


def _held() -> tuple[int, int]:
    """How many objects the rubbish collection knows, and the bytes of this process in memory,
    without what its heaps have free: how much that is depends on all that ran here before."""
    gc.collect()
    give_back()
    return len(gc.get_objects()), int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
