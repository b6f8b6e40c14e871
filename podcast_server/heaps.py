"""What GNU's C library is told, so that a worker holds no more memory than it uses.

Elsewhere (musl, macOS) nothing is told and nothing is needed of it.
"""

from __future__ import annotations

import ctypes
import threading
import time

_C = ctypes.CDLL(None)
_M_ARENA_MAX, _HEAPS = -8, 2  # mallopt(3)
GIVE_BACK_EVERY = 30.0  # seconds


def keep_heaps_few() -> None:
    """Let all threads share two heaps.

    The library gives threads heaps of their own, sixteen on two cores, and each keeps room for
    the largest feed that it ever sent. Python runs one thread at a time, so hardly one waits for
    another.
    """
    mallopt = getattr(_C, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _HEAPS)


def give_back() -> None:
    """Return what is free in the heaps to the machine, wherever it lies (malloc_trim(3)).

    By itself the library returns only what is free at a heap's end, and behind one that is
    still needed lie the feeds of every edition before.
    """
    trim = getattr(_C, "malloc_trim", None)
    if trim is not None:
        trim(0)


def give_back_regularly() -> None:
    """Do so every now and then, on a thread of its own; some milliseconds of which Python
    waits for none."""

    def run() -> None:
        while True:
            time.sleep(GIVE_BACK_EVERY)
            give_back()

    threading.Thread(target=run, name="heaps", daemon=True).start()
