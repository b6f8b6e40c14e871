"""Two changes of one member's rights at the same time: both count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.access import Entitlement, entitlement_at, parse_windows
from feeds.grants import end_grant, give_grant, grants_of, ledger_of
from feeds.models import Access
from tests.builders import CAUSE, build_member

pytestmark = pytest.mark.both_databases
Change = Callable[[Session], object]


class Two:
    """Does two changes in two transactions that have both begun before either goes on."""

    def __init__(self, engine: Engine, member_id: int, show_id: int, now: datetime) -> None:
        self.engine, self.member_id, self.show_id, self.now = engine, member_id, show_id, now
        self._gate = threading.Barrier(2)

    def give(self, source: str, scope: str = "show", **terms: datetime | None) -> Change:
        def change(session: Session) -> None:
            give_grant(
                session,
                member_id=self.member_id,
                show_id=self.show_id,
                scope=scope,
                starts_at=self.now,
                ends_at=terms.get("ends_at"),
                source=source,
                cause=CAUSE,
                now=self.now,
            )

        return change

    def end_all(self, session: Session) -> None:
        for grant in grants_of(session, self.member_id, self.show_id):
            end_grant(session, grant, at=self.now, cause=CAUSE, now=self.now)

    def do(self, *changes: Change) -> None:
        """Make the changes, one after the other if it is one, else at the same time."""
        with ThreadPoolExecutor(len(changes)) as threads:
            for each in [threads.submit(self._make, change, len(changes)) for change in changes]:
                each.result()

    def _make(self, change: Change, parties: int) -> None:
        with Session(self.engine) as session:
            if parties == 2 and self.engine.dialect.name == "postgresql":
                held = grants_of(session, self.member_id)  # as a page or a job has read before
                self._gate.wait(60)
                assert held is not None
            change(session)
            session.commit()

    def entitlement(self) -> Entitlement:
        with Session(self.engine) as session:
            row = session.get_one(Access, (self.member_id, self.show_id))
            return entitlement_at(parse_windows(row.windows), self.now.timestamp())

    def grants(self) -> int:
        with Session(self.engine) as session:
            return len(grants_of(session, self.member_id))


@pytest.fixture
def two(session: Session, show: Show, now: datetime, engine: Engine) -> Two:
    member = build_member(session, now)
    session.commit()
    return Two(engine, member.id, show.id, now)


def test_two_first_rights_given_at_once_are_both_there(two: Two) -> None:
    two.do(two.give("subscription:1"), two.give("purchase:1", scope="episode"))
    assert two.entitlement().scopes == (("episode", 0), ("show", 0))


def test_two_more_rights_given_at_once_are_both_there(two: Two) -> None:
    two.do(two.give("manual", scope="season"))
    two.do(two.give("subscription:1"), two.give("purchase:1", scope="episode"))
    assert two.entitlement().scopes == (("episode", 0), ("season", 0), ("show", 0))


def test_the_same_right_given_twice_at_once_is_one_right(two: Two) -> None:
    two.do(two.give("subscription:1"), two.give("subscription:1"))
    assert two.grants() == 1
    with Session(two.engine) as session:
        assert [entry.action for entry in ledger_of(session, two.member_id)] == ["given"]


def test_one_right_ended_while_another_is_given_leaves_the_other(two: Two) -> None:
    two.do(two.give("subscription:1"))
    for _ in range(3):
        two.do(two.end_all, two.give("gift:1", scope="tier"))
    assert ("show", 0) not in two.entitlement().scopes


def test_a_right_extended_and_ended_at_once_is_what_the_ledger_says_last(two: Two) -> None:
    two.do(two.give("subscription:1", ends_at=two.now + timedelta(days=1)))
    two.do(two.end_all, two.give("subscription:1", ends_at=two.now + timedelta(days=31)))
    with Session(two.engine) as session:
        last = ledger_of(session, two.member_id)[-1]
    assert two.entitlement().is_member == (last.action == "changed")
