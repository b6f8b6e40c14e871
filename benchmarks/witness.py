"""What every answer had to be: what was true when, and until when the former may be seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from benchmarks import crowd
from episodes.models import Episode
from episodes.publishing import publish_episode
from podcast_server.services import Services, now_utc
from tests.builders import build_episode

T = TypeVar("T")
TRIES = 12  # of ten seconds each, in which somebody else had all turns to write


@dataclass(slots=True)
class Wrong:
    """Answers that should not have been, and what was wrong with the first few."""

    count: int = 0
    reasons: list[str] = field(default_factory=list)

    def note(self, reason: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.reasons) < 5:
            self.reasons.append(reason)


OPEN, WARNED, CLOSED = "open", "open, with a notice", "closed"
Right = str  # one of these: what a member's feed is


@dataclass(slots=True)
class Past(Generic[T]):
    """What was true when: values with the times from which and until which they may be seen."""

    spans: list[list[float]] = field(default_factory=list)
    values: list[T] = field(default_factory=list)

    def begin(self, value: T, began: float) -> None:
        """A change to ``value`` was begun: from now on both it and the former may be seen."""
        self.spans.append([began, float("inf")])
        self.values.append(value)

    def settle(self, ended: float) -> None:
        """The last change is done: the former value may not be seen any longer."""
        if len(self.spans) > 1:
            self.spans[-2][1] = ended

    def seen(self, since: float, until: float) -> set[T]:
        """What may be seen by a question asked at ``since`` and answered at ``until``."""
        both = zip(self.spans, self.values, strict=True)
        return {value for (first, last), value in both if first <= until and last >= since}


class Show:
    """The show as it should be seen, and the episodes that come out."""

    def __init__(self, services: Services, delay: float) -> None:
        self._services = services
        self._delay = delay  # seconds after a commit until which the former may be seen
        self.episodes: Past[int] = Past()
        self.newest: Past[str] = Past()
        with services.sessions() as session:
            self.episodes.begin(session.scalar(select(func.count(Episode.id))) or 0, 0.0)
            latest = select(Episode.key).order_by(Episode.publish_at.desc()).limit(1)
            self.newest.begin(session.scalars(latest).one(), 0.0)

    def publish(self) -> None:
        """One more episode."""
        made = when_it_is_our_turn(self._make)
        self.episodes.begin(self.episodes.values[-1] + 1, time.monotonic())
        when_it_is_our_turn(lambda: self._bring_out(made))
        self.episodes.settle(time.monotonic() + self._delay)
        self.newest.begin(made.key, time.monotonic())

    def _make(self) -> Episode:
        services = self._services
        with services.sessions.begin() as session:
            show = crowd.the_show(session)
            return build_episode(session, services.storage, show, now_utc(), publish=False)

    def _bring_out(self, made: Episode) -> None:
        at = now_utc()
        with self._services.sessions.begin() as session:
            publish_episode(session, session.get_one(Episode, made.id), at=at, now=at)


def when_it_is_our_turn(do: Callable[[], T], *, tries: int = TRIES) -> T:
    """Write, and again while others write to SQLite for so long that the studio would say 503.

    A transaction begins with the turn, so nothing was done where it did not come.
    """
    for left in reversed(range(tries)):
        try:
            return do()
        except OperationalError as error:
            if left == 0 or "database is locked" not in str(error.orig):
                raise
    raise AssertionError("tries is at least 1")
