"""The watch over a SQLite database: exact from the commit on, for all processes beside it.

Triggers count every change that access depends on. The count is read again whenever the commit
mark has moved, which the statistics do once a second at most, and every few seconds anyway.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from episodes.commit_mark import CommitMark
from feeds.delivery.memory import FeedMemory

TRIGGERS = 7
# What is written past our own programs, or by one that was killed before it left its mark, is
# noticed after so many seconds.
LOOK_AGAIN = 10.0

_COUNT = text("SELECT number FROM access_changes")
_GUARDED = text(
    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'access_changes_%'"
)


class SqliteWatch:
    """Compares the mark before each use of what is remembered."""

    def __init__(
        self, engine: Engine, mark: CommitMark, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._mark = mark
        self._clock = clock
        self._seen = b""
        self._count: int | None = None
        self._until = 0.0
        self._lock = threading.Lock()

    def current(self, memory: FeedMemory) -> bool:
        """See Watch. Forgets everything after any change: on one machine they are few."""
        if self._mark.read() == self._seen and self._clock() < self._until:
            return True
        with self._lock:
            # Read before the count: what is committed in between moves the mark once more.
            seen = self._mark.read()
            if seen != self._seen or self._clock() >= self._until:
                count = self._read()
                if count != self._count:
                    memory.forget_all()
                self._count, self._seen = count, seen
                self._until = self._clock() + LOOK_AGAIN
        return True

    def close(self) -> None:
        """Nothing runs in the background."""

    def _read(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.scalar(_COUNT) or 0)


def watch_sqlite(engine: Engine, mark: CommitMark) -> SqliteWatch | None:
    """A watch, or None where the database has not all of the triggers it relies on."""
    with engine.execution_options(read_only=True).connect() as connection:
        if connection.scalar(_GUARDED) != TRIGGERS:
            return None
    return SqliteWatch(engine, mark)
