"""Members over time, in worlds small enough to count by hand. Now is the first of June, noon."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.grants import give_grant
from feeds.models import Grant
from podcast_server.billing.models import PlanStay
from podcast_server.billing.numbers import Month, months_of_members, months_of_plans
from podcast_server.billing.plans import create_plan
from podcast_server.services import Services
from tests.builders import CAUSE, build_member, build_show, give_membership

pytestmark = pytest.mark.both_databases


def day(text: str) -> datetime:
    """A moment in 2026: "05-31" or "05-31T23:59"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def join(
    session: Session, show: Show, now: datetime, *spans: tuple[datetime, datetime | None]
) -> int:
    """Somebody who was a member in these times; their id."""
    member = build_member(session, now)
    for number, (starts_at, ends_at) in enumerate(spans):
        give_grant(
            session,
            member_id=member.id,
            show_id=show.id,
            starts_at=starts_at,
            ends_at=ends_at,
            source=f"test:{number}",
            cause=CAUSE,
            now=now,
        )
    return member.id


def told(months: list[Month]) -> list[tuple[int, int, int]]:
    return [(month.new, month.lost, month.members) for month in months]


@pytest.mark.thorough
def test_new_and_lost_members_fall_into_their_months(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:
        show = build_show(session, now)
        join(session, show, now, (day("02-21"), None))
        join(session, show, now, (day("05-12"), None))
        join(session, show, now, (day("02-21"), day("05-22")))
        join(session, show, now, (day("01-03"), day("02-01T00:00")))
        months = months_of_members(session, show.id, now, 5)
    assert [month.first for month in months][:2] == [date(2026, 2, 1), date(2026, 3, 1)]
    assert told(months) == [(2, 1, 2), (0, 0, 2), (0, 0, 2), (1, 1, 2), (0, 0, 2)]
    assert months[3].churn == 1 / 3  # two were there when May began, one came, one left


def test_a_month_begins_at_midnight_utc_to_the_second(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:
        show = build_show(session, now)
        join(session, show, now, (day("04-30T23:59:59"), day("05-31T23:59:59")))
        join(session, show, now, (day("05-01T00:00:00"), day("06-01T00:00:00")))
        months = months_of_members(session, show.id, now, 3)
    assert told(months) == [(1, 0, 1), (1, 1, 1), (0, 1, 0)]


def test_whoever_is_back_within_a_day_was_never_away(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:
        show = build_show(session, now)
        join(session, show, now, (day("04-02"), day("04-20")), (day("04-20T23:00"), None))
        join(session, show, now, (day("04-02"), day("04-20")), (day("05-02"), None))
        months = months_of_members(session, show.id, now, 3)
    assert told(months) == [(2, 1, 1), (1, 0, 2), (0, 0, 2)]


def test_several_memberships_of_one_person_are_one_member(
    services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show = build_show(session, now)
        spans = (day("03-01"), None), (day("04-05"), day("04-06")), (day("04-10"), day("05-10"))
        join(session, show, now, *spans)
        join(session, show, now, (day("03-01"), day("05-20")), (day("03-05"), day("04-10")))
        months = months_of_members(session, show.id, now, 4)
    assert told(months) == [(2, 0, 2), (0, 0, 2), (0, 1, 1), (0, 0, 1)]


def test_what_is_to_come_and_what_never_ran_is_not_counted(
    services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show, other = build_show(session, now), build_show(session, now)
        join(session, show, now, (now + timedelta(days=1), None))
        join(session, show, now, (now - timedelta(days=9), now - timedelta(days=9)))
        join(session, other, now, (now - timedelta(days=9), None))
        give_membership(session, build_member(session, now), show, now, scope="season", scope_id=1)
        join(session, show, now, (now, None))
        months = months_of_members(session, show.id, now, 2)
    assert told(months) == [(0, 0, 0), (1, 0, 1)]


def test_a_show_without_members_has_no_churn(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:
        months = months_of_members(session, build_show(session, now).id, now)
    assert len(months) == 12
    assert {month.churn for month in months} == {0.0}


@pytest.mark.thorough
def test_counting_in_the_database_is_counting_one_by_one(services: Services, now: datetime) -> None:
    chance = random.Random(7)
    with services.sessions.begin() as session:
        show = build_show(session, now)
        for _ in range(60):
            spans = []
            for _ in range(chance.randint(1, 4)):
                starts = now - timedelta(hours=chance.randint(-200, 24 * 200))
                ends = starts + timedelta(hours=chance.choice([0, 5, 23, 24, 25, 400, 2000]))
                spans.append((starts, chance.choice([ends, ends, ends, None])))
            join(session, show, now, *spans)
        months = months_of_members(session, show.id, now, 5)
        by_hand = one_by_one(session, show.id, now, months)
    assert told(months) == by_hand


def one_by_one(
    session: Session, show_id: int, now: datetime, months: list[Month]
) -> list[tuple[int, int, int]]:
    """The plain way: unite each person's times, and look at each."""
    times: dict[int, list[tuple[datetime, datetime]]] = {}
    grants = session.query(Grant).filter(Grant.show_id == show_id).order_by(Grant.starts_at)
    for grant in grants:
        ends = grant.ends_at or datetime.max.replace(tzinfo=UTC)
        if ends <= grant.starts_at:
            continue
        mine = times.setdefault(grant.member_id, [])
        if mine and grant.starts_at <= mine[-1][1] + timedelta(
            days=1 if mine[-1][1].year < 9000 else 0
        ):
            mine[-1] = (mine[-1][0], max(mine[-1][1], ends))
        else:
            mine.append((grant.starts_at, ends))
    spans = [span for mine in times.values() for span in mine]
    begins = [datetime(m.first.year, m.first.month, 1, tzinfo=UTC) for m in months]
    ends_of = [*begins[1:], now + timedelta(microseconds=1)]
    return [
        (
            sum(begin <= starts < end for starts, _ in spans),
            sum(begin <= ends < end for _, ends in spans),
            sum(starts < end <= ends for starts, ends in spans),
        )
        for begin, end in zip(begins, ends_of, strict=True)
    ]


def test_each_plan_has_its_own_months_and_a_change_leaves_one_for_the_other(
    services: Services, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show, other = build_show(session, now), build_show(session, now)
        plans = [
            create_plan(session, name=name, opens=[(opened, None)], prices=[], now=now)
            for name, opened in (("Mate", show), ("Captain", show), ("Elsewhere", other))
        ]
        stays = [
            ("a", plans[0], day("04-02"), None),
            ("b", plans[0], day("04-02"), day("05-10")),
            ("b", plans[1], day("05-10"), None),
            ("c", plans[1], day("05-03"), day("05-20")),
            ("d", plans[2], day("05-03"), None),
        ]
        members = {name: build_member(session, now).id for name in "abcd"}
        for name, plan, starts_at, ends_at in stays:
            stay = PlanStay(source=name, member_id=members[name], plan_id=plan.id)
            stay.starts_at, stay.ends_at = starts_at, ends_at
            session.add(stay)
        session.flush()
        mate, captain = months_of_plans(session, show.id, now, 3)
    assert (mate.name, told(mate.months)) == ("Mate", [(2, 0, 2), (0, 1, 1), (0, 0, 1)])
    assert (captain.name, told(captain.months)) == ("Captain", [(0, 0, 0), (2, 1, 1), (0, 0, 1)])
    assert captain.months[1].churn == 1 / 2
