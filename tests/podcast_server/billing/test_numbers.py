"""Members over time and monthly revenue."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from podcast_server.billing.numbers import members_now, monthly_sums, months_of_members
from podcast_server.services import Services
from tests.builders import build_member, build_show, give_membership


def member_from(session: Session, show: object, now: datetime, start: int, end: int | None) -> None:
    """Somebody who was a member from so many days ago until so many days ago."""
    give_membership(
        session,
        build_member(session, now),
        show,  # type: ignore[arg-type]
        now,
        starts_at=now - timedelta(days=start),
        ends_at=None if end is None else now - timedelta(days=end),
    )


def test_new_and_lost_members_fall_into_their_months(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:  # now is the first of June, at noon
        show = build_show(session, now)
        member_from(session, show, now, 100, None)  # since February
        member_from(session, show, now, 20, None)  # since May
        member_from(session, show, now, 100, 10)  # from February to May
        february, _march, _april, may, june = months_of_members(session, show.id, now, 5)
        assert members_now(session, show.id, now) == 2
    assert (february.first, february.new, february.members) == (date(2026, 2, 1), 2, 2)
    assert (may.new, may.lost, may.members) == (1, 1, 2)
    assert (june.new, june.lost, june.members) == (0, 0, 2)
    assert may.churn == 1 / 3


def test_a_show_without_members_has_no_churn(services: Services, now: datetime) -> None:
    with services.sessions.begin() as session:
        months = months_of_members(session, build_show(session, now).id, now)
    assert len(months) == 12
    assert {month.churn for month in months} == {0.0}


def test_yearly_payments_count_a_twelfth_and_are_rounded_once() -> None:
    rows = [("eur", "year", 1, 5000, 1)] * 12 + [
        ("eur", "month", 3, 900, 2),
        ("usd", "once", 1, 9, 1),
    ]
    assert monthly_sums(rows) == {"eur": 5600, "usd": 0}
