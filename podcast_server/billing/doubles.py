"""Somebody joined a plan they had already: the second membership is undone and paid back.

Where the card of the first one fails, the second stays, and the first ends: else its card, mended
by the bank some day, would pay a second time for good.

The same for what somebody paid on an open payment page after deleting their account: nobody is left
to hear it, or to cancel it.

Whoever is not signed in is not told at the till that their address is known, since anybody can
type it. So it is put right afterwards, and said by mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from podcast_server.accounts.models import Member
from podcast_server.billing.changes import cancel_subscription, refund_payment
from podcast_server.billing.models import Payment, Subscription
from podcast_server.billing.till import Till

RUNNING = ("trialing", "active")
# Older ones were left standing for a reason.
RECENT = timedelta(days=2)
BY = "double membership"


def undo_doubles(till: Till, now: datetime) -> int:
    """Cancel and refund second and nobody's memberships of the last days, and end failing ones
    that were replaced; returns how many. Own transactions. Raises ProviderError; can be repeated.
    """
    with till.reading() as session:
        replaced = list(_replaced(session, set(till.providers)))
        doubles = list(_doubles(session, set(till.providers), now))
        doubles += _of_nobody(session, set(till.providers), now)
        payments = {each.id: [p for p in each.payments if _is_refundable(p)] for each in doubles}
    for each in doubles:
        for payment in payments[each.id]:
            refund_payment(till, payment, None, closes=False, by=BY, now=now)
    for each in [*doubles, *replaced]:
        cancel_subscription(till, each, at_once=True, by=BY, now=now)
    return len(doubles) + len(replaced)


def _is_refundable(payment: Payment) -> bool:
    return payment.status == "paid" and payment.refunded < payment.amount and not payment.disputed


def _doubles(session: Session, realms: set[str], now: datetime) -> Iterator[Subscription]:
    # One that was cancelled is no reason: somebody came back. Nor is play money of before the
    # account went live, which no provider of ours knows any more.
    running = (
        Subscription.purpose == "membership",
        Subscription.status.in_(RUNNING),
        Subscription.cancel_at.is_(None),
        Subscription.realm.in_(realms),
    )
    pairs = session.execute(
        select(Subscription.member_id, Subscription.plan_id, func.min(Subscription.id))
        .where(*running)
        .group_by(Subscription.member_id, Subscription.plan_id)
        .having(func.count() > 1)
    )
    for member_id, plan_id, first in pairs.all():
        yield from session.scalars(
            select(Subscription).where(
                *running,
                Subscription.member_id == member_id,
                Subscription.plan_id == plan_id,
                Subscription.id != first,
                Subscription.started_at > now - RECENT,
            )
        )


def _of_nobody(session: Session, realms: set[str], now: datetime) -> Iterator[Subscription]:
    yield from session.scalars(
        select(Subscription)
        .join(Member, Member.id == Subscription.member_id)
        .where(
            Member.email.not_like("%@%"),
            Subscription.status.in_(RUNNING),
            Subscription.cancel_at.is_(None),
            Subscription.realm.in_(realms),
            Subscription.started_at > now - RECENT,
        )
    )


def _replaced(session: Session, realms: set[str]) -> Iterator[Subscription]:
    newer = aliased(Subscription)
    yield from session.scalars(
        select(Subscription).where(
            Subscription.purpose == "membership",
            Subscription.status.in_(("past_due", "unpaid")),
            Subscription.realm.in_(realms),
            exists().where(
                newer.purpose == "membership",
                newer.status.in_(RUNNING),
                newer.cancel_at.is_(None),
                newer.realm.in_(realms),
                newer.member_id == Subscription.member_id,
                newer.plan_id == Subscription.plan_id,
                newer.id > Subscription.id,
            ),
        )
    )
