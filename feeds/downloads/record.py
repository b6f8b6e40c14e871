"""Hits and polls on their way to the database: noted at once, written later, never in the way.

An answer hands over one small tuple and goes on. A thread of its own writes what gathered in
batches; what it could not write yet it tries again. The bound: a process that is killed loses
the hits since the last flush (``interval`` seconds or ``batch_size`` entries, whichever was
first) and the polls of ``poll_interval``; a full buffer refuses new entries and counts them.

Of polls only an app's latest matters ("last fetched 14:03 by Overcast, 200"), so they wait in
one place per feed and app: the hundredth poll of a minute costs no more than a dictionary entry.
But the first one is written as soon as hits are: somebody looks at the page that waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

log = logging.getLogger(__name__)

MOST_MET = 20_000  # feeds by app
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


class Recorder(Protocol):
    """Takes notes; never blocks and never fails the request."""

    def put(self, entry: Entry) -> None:
        """Remember it, to be written soon."""


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
        batch_size: int = 2_000,
        interval: float = 1.0,
        poll_interval: float = 15.0,
        note_lost: Callable[[int], None] | None = None,
    ) -> None:
        self._write_batch = write_batch
        self._limit = limit
        self._batch_size = batch_size
        self._interval = interval
        self._poll_interval = poll_interval
        self._entries: deque[Entry] = deque()
        self._met: set[int] = set()
        self._polls: dict[tuple[int, str], FeedPoll] = {}
        self._batch: list[Entry] = []  # taken out, not yet written
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._closed = False  # as _closing, and read in a third of the time
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        self._written = self._dropped = self._failures = 0
        self._told = 0  # how many dropped ones the log knows of
        self._note_lost = note_lost  # for the operator to see later
        self._noted = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the writing thread. In a process of several workers: in each of them."""
        if self._thread is None and not self._closing.is_set():
            self._thread = threading.Thread(target=self._run, name="hits", daemon=True)
            self._thread.start()

    def put(self, entry: Entry) -> None:
        """Note one entry. Never blocks, never raises; a full or closed buffer only counts it."""
        if self._closed:
            self._drop(1)
            return
        # Here and below deque.append and dict's item assignment are atomic: no lock on the
        # answer's way. Threads that arrive together may pass the limit by one each.
        if isinstance(entry, FeedPoll) and self._put_known_poll(entry):
            return
        waiting = len(self._entries)
        if waiting >= self._limit:
            self._drop(1)
            return
        self._entries.append(entry)
        if waiting == self._batch_size:
            self._wake.set()

    def _put_known_poll(self, poll: FeedPoll) -> bool:
        """Leave a poll in its place; False for the first one of a feed by an app."""
        which = (poll.feed_id, poll.user_agent)
        if which not in self._polls:
            number = hash(which)  # an app's name may be long
            if number not in self._met:
                if len(self._met) >= MOST_MET:
                    self._met.clear()
                self._met.add(number)
                return False
            if len(self._polls) >= self._limit:
                self._drop(1)
                return True
        self._polls[which] = poll
        return True

    def flush(self) -> bool:
        """Write what waits now, on the caller's thread. False if the writer refused."""
        with self._writing:
            return self._write_all()

    def close(self, timeout: float = 10.0) -> None:
        """Refuse new entries and write the rest; wait at most ``timeout`` seconds for a
        writer that hangs. What is lost then is counted as dropped."""
        self._closed = True
        self._closing.set()
        self._wake.set()
        if self._writing.acquire(timeout=timeout):
            try:
                self._write_all()
            finally:
                self._writing.release()
        if lost := self._waiting():
            self._entries.clear()
            self._polls.clear()
            self._batch = []
            log.error("%d hits could not be written before the end and are lost", lost)
        self._tell_dropped()
        self._drop(lost)

    def stats(self) -> BufferStats:
        """Counters for the operator."""
        return BufferStats(self._waiting(), self._written, self._dropped, self._failures)

    def _waiting(self) -> int:
        return len(self._entries) + len(self._polls) + len(self._batch)

    def _run(self) -> None:
        pause, now = self._interval, time.monotonic()
        due, polls_due = now + self._interval, now + self._poll_interval
        while not self._closing.is_set():
            self._wake.wait(due - time.monotonic())
            self._wake.clear()
            now = time.monotonic()
            with self._writing:
                entries, polls = len(self._entries), 0
                if now < due:
                    # Only whole batches before their time: each costs more than what is in it,
                    # and what comes meanwhile would keep us writing small ones all the time.
                    entries -= entries % self._batch_size
                elif now >= polls_due:
                    polls = len(self._polls)
                written = self._write_some(entries, polls)
            self._tell_dropped()
            if not written:
                # Not to be woken early by new entries while the database is away.
                self._closing.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = self._interval
            if now >= due:
                due = now + self._interval
                if now >= polls_due:
                    polls_due = now + self._poll_interval

    def _tell_dropped(self) -> None:
        dropped = self._dropped
        if dropped > self._told:
            log.error(
                "%d hits came while the buffer was full or closed and are lost",
                dropped - self._told,
            )
            self._told = dropped
        if self._note_lost is not None and dropped > self._noted:
            try:
                self._note_lost(dropped - self._noted)
            except Exception:
                log.warning("the loss is not noted yet, trying again", exc_info=True)
            else:
                self._noted = dropped

    def _write_all(self) -> bool:
        while self._waiting():
            if not self._write_some(len(self._entries), len(self._polls)):
                return False
        return True

    def _write_some(self, entries: int, polls: int) -> bool:
        """So many of each, and what a failed attempt left."""
        while entries or polls or self._batch:
            room = self._batch_size - len(self._batch)
            some = min(room, entries)
            self._batch += [self._entries.popleft() for _ in range(some)]
            entries -= some
            # One by one, so that a poll put meanwhile is either taken or stays.
            some = min(room - some, polls)
            self._batch += [self._polls.popitem()[1] for _ in range(some)]
            polls -= some
            if not self._write():
                return False
        return True

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
