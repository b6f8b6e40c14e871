"""Members over time: of a show, and of each of its plans. All of it is counted in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, extract, func, literal, or_, select
from sqlalchemy.orm import Session

from episodes.db import UTCDateTime
from feeds.models import Grant
from podcast_server.billing.models import Plan, PlanOpening, PlanStay, Subscription
from podcast_server.billing.months import FUTURE, Months

# Stands for a right to listen now; pending, unpaid and paused ones do not.
PAYING = ("trialing", "active", "past_due")
# Somebody who is back so soon (seconds) was never away.
_PAUSE = 86_400
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Month:
    """Members in one month (UTC). ``members`` is at its end, or now."""

    first: date
    new: int
    lost: int
    members: int

    @property
    def churn(self) -> float:
        """Of everybody who was a member at some time in it, the part that left in it; 0 to 1."""
        had = self.members + self.lost
        return self.lost / had if had else 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nobody was a member in it, came or left."""
        return not (self.new or self.lost or self.members)


@dataclass(frozen=True, slots=True)
class PlanMonths:
    """A plan and its members month by month."""

    name: str
    months: list[Month]


def months_of_members(
    session: Session, show_id: int, now: datetime, count: int = 12
) -> list[Month]:
    """The last ``count`` months, this one last. A pause within a day is none."""
    spans = (
        select(literal(0).label("plan_id"), Grant.member_id, Grant.starts_at, Grant.ends_at)
        .where(Grant.show_id == show_id, Grant.scope.in_(("show", "tier")))
        .subquery()
    )
    months = Months.until(now, count)
    return _months(months, _comings_and_goings(session, spans, months))


def months_of_plans(
    session: Session, show_id: int, now: datetime, count: int = 12
) -> list[PlanMonths]:
    """The same for every plan that opens the show and had anybody in these months.

    Whoever changes plan leaves one and joins the other. Given and redeemed memberships count.
    """
    spans = (
        select(PlanStay.plan_id, PlanStay.member_id, PlanStay.starts_at, PlanStay.ends_at)
        .where(PlanStay.plan_id.in_(plans_of_show(show_id)))
        .subquery()
    )
    months = Months.until(now, count)
    moves = sorted(_comings_and_goings(session, spans, months))
    counted = {
        plan_id: _months(months, group) for plan_id, group in groupby(moves, key=lambda m: m[0])
    }
    plans = session.execute(select(Plan.id, Plan.name).order_by(Plan.position, Plan.id))
    return [
        PlanMonths(name, counted[plan_id])
        for plan_id, name in plans
        if plan_id in counted and not all(month.is_empty for month in counted[plan_id])
    ]


def plans_of_show(show_id: int) -> Select[int]:
    """The ids of the plans that open a show or a tier of it."""
    return select(PlanOpening.plan_id).where(PlanOpening.show_id == show_id)


def members_of_plan(plan_id: int) -> Select[int]:
    """The ids of those who pay for a plan now, also where they have cancelled for later."""
    return select(Subscription.member_id).where(
        Subscription.plan_id == plan_id, Subscription.status.in_(PAYING)
    )


# Plan, months of coming and of going (after all of them where it is neither), how often.
_Move = tuple[int, int, int, int]


def _comings_and_goings(session: Session, spans: Subquery, months: Months) -> list[_Move]:
    """When memberships began and ended, by month, overlapping and touching times united.

    Each person's times are walked by their beginning: one that begins after all earlier ones
    ended is a coming; one that all later ones begin after the end of is a going.
    """
    ends = func.coalesce(spans.c.ends_at, literal(_NEVER, UTCDateTime))
    whose, order = (spans.c.plan_id, spans.c.member_id), (spans.c.starts_at, ends)
    before = func.max(ends).over(partition_by=whose, order_by=order, rows=(None, -1))
    following = func.lead(spans.c.starts_at).over(partition_by=whose, order_by=order)
    walked = (
        select(
            spans.c.plan_id,
            spans.c.starts_at,
            ends.label("ends"),
            before.label("before"),
            following.label("next"),
        )
        .where(or_(spans.c.ends_at.is_(None), spans.c.ends_at > spans.c.starts_at))
        .subquery()
    )
    so_far = case((walked.c.before > walked.c.ends, walked.c.before), else_=walked.c.ends)
    comes = or_(walked.c.before.is_(None), _is_away(walked.c.before, walked.c.starts_at))
    goes = or_(walked.c.next.is_(None), _is_away(so_far, walked.c.next))
    moves = select(
        walked.c.plan_id,
        case((comes, months.name_of(walked.c.starts_at)), else_=FUTURE).label("coming"),
        case((goes, months.name_of(so_far)), else_=FUTURE).label("going"),
    ).subquery()
    rows: Iterable[Any] = session.execute(select(*moves.c, func.count()).group_by(*moves.c))
    return [
        (plan_id, months.number_of(coming), months.number_of(going), count)
        for plan_id, coming, going, count in rows
    ]


def _is_away(until: ColumnElement[datetime], again: ColumnElement[datetime]) -> ColumnElement[bool]:
    # Comparing first spares reckoning in seconds for all who were never away.
    seconds = extract("epoch", again) - extract("epoch", until)
    return (again > until) & (seconds > _PAUSE)


def _months(months: Months, moves: Iterable[_Move]) -> list[Month]:
    found = list(moves)
    members = 0
    counted = []
    for number in range(-1, months.after):
        new = sum(count for _, coming, _, count in found if coming == number)
        lost = sum(count for _, _, going, count in found if going == number)
        members += new - lost
        if number >= 0:
            counted.append(Month(months.firsts[number], new, lost, members))
    return counted
