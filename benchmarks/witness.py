"""What every answer had to be: the changes that were made to a show, and when each was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from sqlalchemy import func, select

from benchmarks import crowd
from episodes.models import Episode
from episodes.publishing import publish_episode
from feeds.grants import Cause, give_grant
from podcast_server.services import Services, now_utc
from tests.builders import build_episode

T = TypeVar("T")


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
    """The show and its members as they should be seen, and the changes that are made to them."""

    def __init__(self, services: Services, delay: float) -> None:
        self._services = services
        self._delay = delay  # seconds after a commit until which the former may be seen
        self.episodes: Past[int] = Past()
        self.newest: Past[str] = Past()
        self._rights: dict[int, Past[bool]] = {}
        with services.sessions() as session:
            self._show_id = crowd.the_show(session).id
            self.episodes.begin(session.scalar(select(func.count(Episode.id))) or 0, 0.0)
            latest = select(Episode.key).order_by(Episode.publish_at.desc()).limit(1)
            self.newest.begin(session.scalars(latest).one(), 0.0)

    def rights(self, member: int) -> Past[bool]:
        """Whether a member may hear, as it changes; everybody begins with the right."""
        if member not in self._rights:
            past: Past[bool] = Past()
            past.begin(True, 0.0)
            self._rights[member] = past
        return self._rights[member]

    def publish(self) -> None:
        """One more episode."""
        services, at = self._services, now_utc()
        with services.sessions.begin() as session:
            show = crowd.the_show(session)
            made = build_episode(session, services.storage, show, at, publish=False)

        def bring_out() -> None:
            with services.sessions.begin() as session:
                publish_episode(session, session.get_one(Episode, made.id), at=at, now=at)

        self._change(self.episodes, self.episodes.values[-1] + 1, bring_out)
        self.newest.begin(made.key, time.monotonic())

    def turn(self, member: int) -> None:
        """End a membership, or let it go on."""
        past = self.rights(member)
        pays, at = not past.values[-1], now_utc()

        def change() -> None:
            with self._services.sessions.begin() as session:
                give_grant(
                    session,
                    member_id=member,
                    show_id=self._show_id,
                    starts_at=at - timedelta(days=30),
                    ends_at=None if pays else at - timedelta(seconds=1),
                    source="sample",
                    cause=Cause("benchmark"),
                    now=at,
                )

        self._change(past, pays, change)

    def _change(self, past: Past[T], value: T, change: Callable[[], None]) -> None:
        past.begin(value, time.monotonic())
        change()
        past.settle(time.monotonic() + self._delay)
