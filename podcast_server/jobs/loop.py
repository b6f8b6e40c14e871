"""Work of a worker that cannot wait for the next minute, on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)


class Loop:
    """Does something every so many seconds until it is told to end; ``at_once`` without waiting
    for the first time."""

    def __init__(
        self, name: str, every: float, work: Callable[[], object], *, at_once: bool = False
    ) -> None:
        self._name, self._every, self._work, self._at_once = name, every, work, at_once
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, after the first pause unless at once."""
        self._thread.start()

    def tell_to_end(self) -> None:
        """Let nothing more begin, without waiting."""
        self._ending.set()

    def is_ending(self) -> bool:
        """Whether long work should stop where it is."""
        return self._ending.is_set()

    def rest(self, seconds: float) -> bool:
        """Let long work rest, unless it is told to end; says whether it is."""
        return self._ending.wait(seconds)

    def end(self, timeout: float = 20.0) -> None:
        """Stop, after the work that is being done; wait at most ``timeout`` seconds."""
        self._ending.set()
        self._thread.join(max(0.0, timeout))

    def _run(self) -> None:
        pause = 0.0 if self._at_once else self._every
        while not self._ending.wait(pause):
            pause = self._every
            try:
                self._work()
            except Exception:
                # Whatever it was, the next time may go better.
                log.exception("%s failed, trying again", self._name)


def end_all(loops: Sequence[Loop], timeout: float = 20.0) -> None:
    """Stop all of them at the same time. What still works after ``timeout`` seconds dies with the
    process."""
    for loop in loops:
        loop.tell_to_end()
    last = time.monotonic() + timeout
    for loop in loops:
        loop.end(last - time.monotonic())
