"""Work of a worker that cannot wait for the next minute, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Loop:
    """Does something every so many seconds until it is told to end."""

    def __init__(self, name: str, every: float, work: Callable[[], object]) -> None:
        self._name, self._every, self._work = name, every, work
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, after the first pause."""
        self._thread.start()

    def is_ending(self) -> bool:
        """Whether long work should stop where it is."""
        return self._ending.is_set()

    def end(self, timeout: float = 20.0) -> None:
        """Stop, after the work that is being done; wait at most ``timeout`` seconds."""
        self._ending.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._ending.wait(self._every):
            try:
                self._work()
            except Exception:
                # Whatever it was, the next time may go better.
                log.exception("%s failed, trying again", self._name)
