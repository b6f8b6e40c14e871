"""Members over time, and what comes in every month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from feeds.models import Grant
from podcast_server.billing.models import Plan, PlanOpening, Subscription

# What a payment is worth in a month, by its interval: a year has 12 of them, 365.25 days.
_MONTHLY = {
    "day": Fraction(36525, 1200),
    "week": Fraction(36525, 8400),
    "month": Fraction(1),
    "year": Fraction(1, 12),
}
# Stands for a right to listen now; pending, unpaid and paused ones do not.
PAYING = ("trialing", "active", "past_due")
Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Month:
    """Members of a show in one month (UTC). ``members`` is at its end, or now."""

    first: date
    new: int
    lost: int
    members: int

    @property
    def churn(self) -> float:
        """The part of those at its beginning (and new ones) who left in it; 0 to 1."""
        had = self.members + self.lost
        return self.lost / had if had else 0.0


def months_of_members(
    session: Session, show_id: int, now: datetime, count: int = 12
) -> list[Month]:
    """The last ``count`` months, this one last. A pause within a day is none."""
    spans = member_spans(session, show_id)
    firsts = _first_days(now, count)
    bounds = [datetime(day.year, day.month, 1, tzinfo=UTC) for day in firsts] + [now]
    return [_month(firsts[n], spans, bounds[n], bounds[n + 1]) for n in range(len(firsts))]


def members_now(session: Session, show_id: int, now: datetime) -> int:
    """How many people are members of a show at this moment."""
    return _at(member_spans(session, show_id), now)


def member_spans(session: Session, show_id: int) -> Mapping[int, list[Span]]:
    """When each person was a member, overlapping and touching times united."""
    rows = session.execute(
        select(Grant.member_id, Grant.starts_at, Grant.ends_at)
        .where(Grant.show_id == show_id, Grant.scope.in_(("show", "tier")))
        .order_by(Grant.member_id, Grant.starts_at)
    )
    spans: dict[int, list[Span]] = {}
    for member_id, starts, ends in rows:
        if ends is None or ends > starts:
            _unite(spans.setdefault(member_id, []), starts, ends)
    return spans


def _unite(spans: list[Span], starts: datetime, ends: datetime | None) -> None:
    if spans and (spans[-1][1] is None or starts <= spans[-1][1] + timedelta(days=1)):
        first, last = spans.pop()
        spans.append((first, None if last is None or ends is None else max(last, ends)))
    else:
        spans.append((starts, ends))


def _first_days(now: datetime, count: int) -> list[date]:
    this = now.astimezone(UTC).date().replace(day=1)
    days = [this]
    while len(days) < count:
        days.append((days[-1] - timedelta(days=1)).replace(day=1))
    return days[::-1]


def _month(first: date, spans: Mapping[int, list[Span]], begin: datetime, end: datetime) -> Month:
    starts = [span[0] for each in spans.values() for span in each]
    ends = [span[1] for each in spans.values() for span in each if span[1] is not None]
    new = sum(begin <= moment < end for moment in starts)
    lost = sum(begin <= moment < end for moment in ends)
    return Month(first, new, lost, _at(spans, end))


def _at(spans: Mapping[int, list[Span]], moment: datetime) -> int:
    return sum(
        any(start <= moment and (end is None or moment < end) for start, end in each)
        for each in spans.values()
    )


def monthly_revenue(session: Session, show_id: int) -> dict[str, int]:
    """What running memberships bring in a month, by currency, in minor units.

    Yearly payments count a twelfth. Trials and failing cards do not count. A plan that opens
    several shows counts fully for each of them.
    """
    opened = select(PlanOpening.plan_id).where(PlanOpening.show_id == show_id)
    rows = session.execute(
        select(
            Subscription.currency,
            Subscription.interval,
            Subscription.interval_count,
            Subscription.amount,
            Subscription.quantity,
        ).where(Subscription.plan_id.in_(opened), Subscription.status == "active")
    )
    return monthly_sums((c, i, n, a, q) for c, i, n, a, q in rows)


def monthly_sums(rows: Iterable[tuple[str, str, int, int, int]]) -> dict[str, int]:
    """Add up (currency, interval, count, minor units, quantity), rounded once at the end."""
    exact: dict[str, Fraction] = {}
    for currency, interval, count, amount, quantity in rows:
        worth = _MONTHLY.get(interval, Fraction(0)) * amount * quantity / max(1, count)
        exact[currency] = exact.get(currency, Fraction(0)) + worth
    return {currency: round(total) for currency, total in exact.items()}


def members_of_plan(plan_id: int) -> Select[int]:
    """The ids of those who pay for a plan now, also where they have cancelled for later."""
    return select(Subscription.member_id).where(
        Subscription.plan_id == plan_id, Subscription.status.in_(PAYING)
    )


@dataclass(frozen=True, slots=True)
class PlanCount:
    """A plan in figures: who pays for it now, who began and who left since a moment."""

    name: str
    paying: int
    new: int
    lost: int


def plans_in_numbers(session: Session, show_id: int, since: datetime) -> list[PlanCount]:
    """The plans that open a show, archived ones too while somebody pays, by their place."""
    rows = session.execute(
        select(
            Plan.name,
            func.count().filter(Subscription.status.in_(PAYING)),
            func.count().filter(Subscription.started_at >= since),
            func.count().filter(Subscription.ended_at >= since),
        )
        .select_from(Plan)
        .join(PlanOpening, PlanOpening.plan_id == Plan.id)
        .outerjoin(
            Subscription,
            (Subscription.plan_id == Plan.id) & (Subscription.status != "pending"),
        )
        .where(PlanOpening.show_id == show_id)
        .group_by(Plan.id, Plan.name, Plan.position)
        .order_by(Plan.position, Plan.id)
    )
    return [PlanCount(*row) for row in rows]
