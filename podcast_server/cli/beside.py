"""The worker process beside the web server: started with it, started again, ended with it."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before a process that ended is started again
LONGEST_PAUSE = 30.0  # where it ends again and again
STEADY = 60.0  # seconds after which a process counts as having started well
LAST_JOB = 30.0  # seconds that a running job has to finish at the end


class Beside:
    """Keeps one process running until told to stop.

    Without it the jobs would be gone for good where the system kills their process (memory),
    or where the database was away for the moment in which it started.
    """

    def __init__(self, command: Sequence[str], *, first_pause: float = FIRST_PAUSE) -> None:
        self._command = list(command)
        self._first_pause = first_pause
        self._stopping = threading.Event()
        self._replacing = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="beside", daemon=True)

    def start(self) -> None:
        """Start the process, and look after it from now on."""
        self._keeper.start()

    def replace(self) -> None:
        """Let the process finish what it is at, then start one that loads the program of now."""
        with self._starting:
            process = self._process
            if process is None or process.poll() is not None:
                return  # the next one loads it anyway, and its own end is no replacement
            self._replacing.set()
            process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """End the process: a running job may finish, for half a minute at most."""
        with self._starting:  # after this nothing is started any more
            self._stopping.set()
        process = self._process
        if process is None:
            return
        # SIGINT lets a running job finish; SIGTERM would not.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=LAST_JOB)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        pause = self._first_pause
        while (process := self._begin()) is not None:
            since = time.monotonic()
            code = process.wait()
            if self._stopping.is_set():
                return
            if self._replacing.is_set():
                self._replacing.clear()
                continue
            if time.monotonic() - since > STEADY:
                pause = self._first_pause
            log.error("the jobs' process ended (%d): again in %.0f seconds", code, pause)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._stopping.is_set():
                return None
            # Held back until it can handle it, so that a stop in the first second ends well.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            return self._process
