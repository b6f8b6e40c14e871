"""Do at once what a request has just queued, without keeping anybody waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Postman:
    """Runs ``deliver`` in a thread of its own when nudged; never two at a time.

    Whatever it leaves behind, the scheduled job sends.
    """

    def __init__(self, deliver: Callable[[], object], what: str = "sending mail") -> None:
        self._deliver = deliver
        self._what = what
        self._lock = threading.Lock()
        self._again = False
        self._running = False

    def nudge(self) -> None:
        """There is something to do: see to it soon."""
        with self._lock:
            self._again = True
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._work, name="postman", daemon=True).start()

    def _work(self) -> None:
        while self._more():
            try:
                self._deliver()
            except Exception:
                # What it did not do stays in the database, where the job finds it again.
                log.exception("%s failed", self._what)

    def _more(self) -> bool:
        with self._lock:
            self._running = self._again
            self._again = False
            return self._running
