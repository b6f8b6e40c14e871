"""Hits and polls on their way to the database: noted at once, written later, never in the way.

An answer hands over one small tuple and goes on. A thread of its own writes what gathered in
batches; what it could not write yet it tries again. The bound: a process that is killed loses
what came since the last flush (``interval`` seconds or ``batch_size`` entries, whichever was
first), a full buffer refuses new entries, and both are counted where they can be.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0  # seconds between attempts while the database refuses


class FeedPoll(NamedTuple):
    """One fetch of a private feed: when (Unix seconds), which, who asked, what was answered."""

    at: float
    feed_id: int
    status: int
    user_agent: str


class MediaHit(NamedTuple):
    """One request for audio, as raw as the answer knew it; everything costly is done later.

    ``at`` in Unix seconds; ``range_header`` as sent; ``bytes_served`` None where somebody else
    (S3 behind a redirect, a front) serves; ``address`` is hashed before anything is stored;
    ``minute_bytes`` is the file's header and first minute.
    """

    at: float
    episode_key: str
    method: str
    status: int
    address: str
    user_agent: str
    file_bytes: int
    minute_bytes: int
    range_header: str | None = None
    bytes_served: int | None = None
    feed_id: int | None = None
    member_id: int | None = None


Entry = FeedPoll | MediaHit


@dataclass(frozen=True, slots=True)
class BufferStats:
    """What a buffer did since it was made. ``waiting`` entries are not yet written."""

    waiting: int
    written: int
    dropped: int
    failures: int


class HitBuffer:
    """A bounded buffer in front of a slow writer: ``limit`` entries and one batch on its way.

    ``write_batch`` gets the oldest entries and either writes all of them or raises; then it
    gets the same ones again. It runs on the buffer's own thread.
    """

    def __init__(
        self,
        write_batch: Callable[[list[Entry]], None],
        *,
        limit: int = 100_000,
        batch_size: int = 500,
        interval: float = 1.0,
    ) -> None:
        self._write_batch = write_batch
        self._limit = limit
        self._batch_size = batch_size
        self._interval = interval
        self._entries: deque[Entry] = deque()
        self._batch: list[Entry] = []  # taken out, not yet written
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        self._written = self._dropped = self._failures = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the writing thread. In a process of several workers: in each of them."""
        if self._thread is None and not self._closing.is_set():
            self._thread = threading.Thread(target=self._run, name="hits", daemon=True)
            self._thread.start()

    def put(self, entry: Entry) -> None:
        """Note one entry. Never blocks, never raises; a full or closed buffer only counts it."""
        entries = self._entries
        waiting = len(entries)
        if waiting >= self._limit or self._closing.is_set():
            self._drop(1)
            return
        entries.append(entry)  # atomic: no lock on the answer's way
        if waiting == self._batch_size:
            self._wake.set()

    def flush(self) -> bool:
        """Write what waits now, on the caller's thread. False if the writer refused."""
        with self._writing:
            return self._write_all()

    def close(self, timeout: float = 10.0) -> None:
        """Refuse new entries and write the rest; wait at most ``timeout`` seconds for a
        writer that hangs. What is lost then is counted as dropped."""
        self._closing.set()
        self._wake.set()
        if self._writing.acquire(timeout=timeout):
            try:
                self._write_all()
            finally:
                self._writing.release()
        lost = len(self._entries) + len(self._batch)
        if lost:
            self._drop(lost)
            self._entries.clear()
            self._batch = []
            log.error("%d hits could not be written before the end and are lost", lost)

    def stats(self) -> BufferStats:
        """Counters for the operator."""
        waiting = len(self._entries) + len(self._batch)
        return BufferStats(waiting, self._written, self._dropped, self._failures)

    def _run(self) -> None:
        pause = self._interval
        while not self._closing.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            if self.flush():
                pause = self._interval
            else:
                # Not to be woken early by new entries while the database is away.
                self._closing.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _write_all(self) -> bool:
        while self._take():
            if not self._write():
                return False
        return True

    def _take(self) -> bool:
        while self._entries and len(self._batch) < self._batch_size:
            self._batch.append(self._entries.popleft())
        return bool(self._batch)

    def _write(self) -> bool:
        try:
            self._write_batch(self._batch)
        except Exception:
            # Whatever it was, the entries are worth another attempt, and the thread must live.
            self._failures += 1
            log.warning("%d hits not written, trying again", len(self._batch), exc_info=True)
            return False
        self._written += len(self._batch)
        self._batch = []
        return True

    def _drop(self, count: int) -> None:
        with self._counting:
            self._dropped += count
