"""Look, wait until files are complete, take them, put them aside; until told to stop.

A file is known by its content: killed after an episode was made and before the file was put
aside, the next run finds the episode and makes no second one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import OperationalError

from episodes.errors import EpisodeError
from episodes.storage.base import StorageError
from podcast_server.watching.inbox import Inbox, Seen

Take = Callable[[Path], None]


class Reporter(Protocol):
    """Hears what becomes of the files."""

    def refused(self, name: str, reason: str) -> None:
        """It cannot be an episode."""
        ...

    def waits(self, name: str, reason: str) -> None:
        """It is tried again: the storage or the database cannot be used at the moment."""
        ...


@dataclass(slots=True)
class Settling:
    """Tells which files are complete: those that stayed the same for ``seconds``."""

    seconds: float
    _since: dict[str, tuple[Seen, float]] = field(default_factory=dict)

    def complete(self, seen: Iterable[Seen], now: float) -> list[Seen]:
        """Of what was seen at ``now`` (monotonic seconds), what did not change any more.

        An empty file is one that nobody has written to yet.
        """
        before, self._since = self._since, {}
        for each in seen:
            known = before.get(each.name)
            since = known[1] if known is not None and known[0] == each else now
            self._since[each.name] = (each, since)
        return [
            each
            for each, since in self._since.values()
            if each.size and now - since >= self.seconds
        ]


@dataclass(frozen=True, slots=True)
class Watch:
    """One watched place. ``take`` makes an episode of a file, or raises EpisodeError."""

    inbox: Inbox
    take: Take
    report: Reporter
    settling: Settling
    stop: threading.Event
    clock: Callable[[], float]

    def run(self, interval: float) -> None:
        """Look every ``interval`` seconds until ``stop`` is set."""
        while not self.stop.is_set():
            self._look()
            self.stop.wait(interval)

    def run_once(self) -> None:
        """Take what is there and complete, and return."""
        self._look()
        if self.settling.seconds:
            self.stop.wait(self.settling.seconds)
            self._look()

    def _look(self) -> None:
        try:
            seen = self.inbox.look()
        except (OSError, StorageError) as error:
            self.report.waits("", str(error))
            return
        for each in self.settling.complete(seen, self.clock()):
            if self.stop.is_set():
                return
            self._handle(each.name)

    def _handle(self, name: str) -> None:
        try:
            self._take(name)
        except (OSError, StorageError, OperationalError) as error:
            self.report.waits(name, str(error))

    def _take(self, name: str) -> None:
        try:
            with self.inbox.fetched(name) as path:
                self.take(path)
        except StorageError:
            raise
        except EpisodeError as error:
            self.inbox.refuse(name, str(error))
            self.report.refused(name, str(error))
        else:
            self.inbox.finish(name)
