"""What running memberships bring in a month, as it was at the end of every month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from podcast_server.billing.models import Payment, Subscription, SubscriptionTerms
from podcast_server.billing.months import Months
from podcast_server.billing.numbers import plans_of_show

# What a payment is worth in a month, by its interval: a year has 12 of them, 365.25 days.
_MONTHLY = {
    "day": Fraction(36525, 1200),
    "week": Fraction(36525, 8400),
    "month": Fraction(1),
    "year": Fraction(1, 12),
}


@dataclass(frozen=True, slots=True)
class MonthlyRevenue:
    """One currency in one month: minor units at its end, or now."""

    first: date
    amount: int


def months_of_revenue(
    session: Session, show_id: int, now: datetime, *, play_money: bool, count: int = 12
) -> dict[str, list[MonthlyRevenue]]:
    """The last ``count`` months by currency, the currency with most of it now first.

    Subscriptions count at their price, a yearly one a twelfth. Not counted: trials, failing
    cards, what is paid once, donations, and a period whose payment was wholly paid back or taken
    back by the bank. A plan that opens several shows counts fully for each of them. What was paid
    in test mode counts only with ``play_money``.
    """
    months = Months.until(now, count)
    chosen: list[ColumnElement[bool]] = [SubscriptionTerms.plan_id.in_(plans_of_show(show_id))]
    if not play_money:
        tests = select(Subscription.id).where(Subscription.realm.endswith(":test"))
        chosen.append(SubscriptionTerms.subscription_id.not_in(tests))
    sums: dict[str, list[Fraction]] = {}
    for currency, worth, numbers in (
        *_running(session, months, chosen),
        *_taken_back(session, months, chosen),
    ):
        by_month = sums.setdefault(currency, [Fraction(0)] * months.after)
        for number in numbers:
            by_month[number] += worth
    found = {currency: _rounded(months, by_month) for currency, by_month in sums.items()}
    some = {currency: each for currency, each in found.items() if any(m.amount for m in each)}
    return dict(sorted(some.items(), key=lambda item: (-item[1][-1].amount, item[0])))


_Chosen = Sequence[ColumnElement[bool]]
# Currency, what it is worth a month, and at the end of which months it counts.
_Part = tuple[str, Fraction, Iterable[int]]


def _running(session: Session, months: Months, chosen: _Chosen) -> list[_Part]:
    terms = SubscriptionTerms
    inner = (
        select(
            terms.currency,
            terms.interval,
            terms.interval_count,
            months.name_of(terms.starts_at).label("started"),
            months.name_of(func.coalesce(terms.ends_at, terms.starts_at)).label("stopped"),
            terms.ends_at.is_(None).label("runs"),
            terms.amount,
        )
        .where(*chosen)
        .subquery()
    )
    keys = [column for column in inner.c if column.name != "amount"]
    rows: Iterable[Any] = session.execute(select(*keys, func.sum(inner.c.amount)).group_by(*keys))
    return [
        (
            currency,
            monthly_worth(interval, count, total),
            range(
                max(0, months.number_of(first)), months.after if runs else months.number_of(last)
            ),
        )
        for currency, interval, count, first, last, runs, total in rows
    ]


def _taken_back(session: Session, months: Months, chosen: _Chosen) -> list[_Part]:
    """What to take off again. There are few such payments, so each is looked at here."""
    terms, payment = SubscriptionTerms, Payment
    rows: Iterable[Any] = session.execute(
        select(
            terms.id,
            terms.currency,
            terms.interval,
            terms.interval_count,
            terms.amount,
            terms.starts_at,
            terms.ends_at,
            payment.covers_from,
            payment.covers_until,
            payment.subscription_id,
            payment.disputed,
        )
        .join(payment, payment.subscription_id == terms.subscription_id)
        .where(
            *chosen,
            payment.status == "paid",
            or_(payment.disputed, (payment.amount > 0) & (payment.refunded >= payment.amount)),
            payment.covers_from <= months.now,
            payment.covers_until >= months.begin(0),
            terms.starts_at < payment.covers_until,
            or_(terms.ends_at.is_(None), terms.ends_at > payment.covers_from),
        )
    )
    gone: dict[int, tuple[str, Fraction, set[int]]] = {}
    for row in rows:
        worth = monthly_worth(row.interval, row.interval_count, row.amount)
        _, _, numbers = gone.setdefault(row.id, (row.currency, -worth, set()))
        others = [] if row.disputed else _still_paid(session, row.subscription_id)
        numbers.update(
            each
            for each in range(months.after)
            if months.is_at_end(each, row.covers_from, row.covers_until)
            and months.is_at_end(each, row.starts_at, row.ends_at)
            and not any(months.is_at_end(each, *period) for period in others)
        )
    return list(gone.values())


def _still_paid(session: Session, subscription_id: int) -> list[tuple[datetime, datetime]]:
    """The periods of the payments that stand, such as of a change of plan paid beside the rest."""
    rows = session.scalars(
        select(Payment).where(
            Payment.subscription_id == subscription_id,
            Payment.status == "paid",
            Payment.disputed.is_(False),
            Payment.refunded < Payment.amount,
        )
    )
    return [
        (each.covers_from, each.covers_until)
        for each in rows
        if each.covers_from is not None and each.covers_until is not None
    ]


def monthly_worth(interval: str, interval_count: int, amount: int) -> Fraction:
    """What an amount each interval comes to in a month, exactly."""
    return _MONTHLY.get(interval, Fraction(0)) * amount / max(1, interval_count)


def _rounded(months: Months, exact: list[Fraction]) -> list[MonthlyRevenue]:
    return [
        MonthlyRevenue(first, round(total))
        for first, total in zip(months.firsts, exact, strict=True)
    ]
