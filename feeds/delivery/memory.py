"""Feeds remembered from poll to poll, so that most answers need no look-up.

A row stays as long as nothing that it was made of changes: the feed itself, the member's access
to the show, the show's revision. A watch notices changes wherever they are made, by whichever
process; while it cannot be sure, nothing remembered is used.
"""

from __future__ import annotations

import threading
from typing import Protocol

from feeds.delivery.rows import FeedRow


class Watch(Protocol):
    """Notices what is written to the database, and makes a memory forget it."""

    def current(self, memory: FeedMemory) -> bool:
        """Whether what ``memory`` has, after forgetting what this finds changed, still stands."""

    def close(self) -> None:
        """Stop watching."""


class FeedMemory:
    """At most ``size`` feeds by their random id. Safe to use from many threads."""

    def __init__(self, watch: Watch, size: int) -> None:
        self._watch = watch
        self._size = size
        self._rows: dict[str, FeedRow] = {}
        self._lock = threading.Lock()
        # How often something was forgotten; grows after it is gone, so that who finds a row and
        # had read this before knows of which moment it is.
        self.changes = 0

    def current(self) -> bool:
        """Whether what is remembered still stands, now that what changed is forgotten."""
        return self._watch.current(self)

    def get(self, feed_key: str) -> FeedRow | None:
        """The row, if it is remembered and still stands."""
        return self._rows.get(feed_key) if self._watch.current(self) else None

    def keep(self, feed_key: str, row: FeedRow, before: int) -> None:
        """Remember a row that was read after ``changes`` had been ``before``.

        If anything was forgotten since, the row may be older than the change: then it is not
        kept.
        """
        with self._lock:
            if self.changes != before:
                return
            if len(self._rows) >= self._size and feed_key not in self._rows:
                del self._rows[next(iter(self._rows))]
            self._rows[feed_key] = row

    def forget_feed(self, feed_key: str) -> None:
        """One feed or its member's access changed."""
        with self._lock:
            self._rows.pop(feed_key, None)
            self.changes += 1

    def forget_show(self, show_id: int) -> None:
        """A show changed: all feeds of it carry an old revision."""
        with self._lock:
            self._rows = {key: row for key, row in self._rows.items() if row.show_id != show_id}
            self.changes += 1

    def forget_all(self) -> None:
        """Anything may have changed."""
        with self._lock:
            self._rows = {}
            self.changes += 1

    def close(self) -> None:
        """Stop watching; nothing is remembered from now on."""
        self._watch.close()
        self.forget_all()
