"""Do money and rights agree, and is no money recorded twice? Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.models import Grant
from podcast_server.billing.entitle import (
    Holding,
    Right,
    holding_of_comp,
    holding_of_gift,
    holding_of_purchase,
    holdings_of_subscription,
    rights_now,
)
from podcast_server.billing.models import (
    Checkout,
    Comp,
    Gift,
    Payment,
    Purchase,
    Subscription,
)
from podcast_server.billing.till import Terms

_OURS = ("subscription:", "seat:", "purchase:", "gift:", "comp:")


def unlike_paid(session: Session, terms: Terms, now: datetime) -> Iterator[str]:
    """Where what is paid for is not open, or what is open is not paid for."""
    open_now = _open_rights(session, now)
    for holding in _holdings(session, terms, now):
        wanted, held = rights_now(session, holding, now), open_now.pop(holding.source, set())
        for right in sorted(wanted - held, key=repr):
            yield f"{holding.source}: {_named(right)} is paid and not open"
        for right in sorted(held - wanted, key=repr):
            yield f"{holding.source}: {_named(right)} is open and not paid"
    for source in sorted(open_now):
        yield f"{source}: nobody knows of such a payment, and it opens something"


def _holdings(session: Session, terms: Terms, now: datetime) -> Iterator[Holding]:
    for subscription in session.scalars(select(Subscription).order_by(Subscription.id)):
        yield from holdings_of_subscription(session, terms, subscription, now)
    for purchase in session.scalars(select(Purchase).order_by(Purchase.id)):
        if (bought := holding_of_purchase(session, terms, purchase)) is not None:
            yield bought
    for gift in session.scalars(select(Gift).order_by(Gift.id)):
        if (given := holding_of_gift(session, terms, gift)) is not None:
            yield given
    for comp in session.scalars(select(Comp).order_by(Comp.id)):
        yield holding_of_comp(comp, now)


def _open_rights(session: Session, now: datetime) -> dict[str, set[Right]]:
    """What is open now, by source, where money is the source."""
    found: defaultdict[str, set[Right]] = defaultdict(set)
    runs = Grant.ends_at.is_(None) | (Grant.ends_at > now)
    for grant in session.scalars(select(Grant).where(runs)):
        if grant.source.startswith(_OURS):
            right = Right(grant.show_id, grant.scope, grant.scope_id)  # type: ignore[arg-type]
            found[grant.source].add(right)
    return dict(found)


def _named(right: Right) -> str:
    scope = "" if right.scope == "show" else f", {right.scope} {right.scope_id}"
    return f"show {right.show_id}{scope}"


def recorded_twice(session: Session) -> Iterator[str]:
    """Orders that became more than one membership or purchase, or none; periods paid twice."""
    # The orders first: what they became came with them, though more are paid while this looks.
    settled = session.execute(select(Checkout.id, Checkout.key, Checkout.state)).all()
    made: defaultdict[int, int] = defaultdict(int)
    for column in (Subscription.checkout_id, Purchase.checkout_id):
        for checkout_id in session.scalars(select(column).where(column.is_not(None))):
            made[checkout_id or 0] += 1
    for checkout in settled:
        count = made[checkout.id]
        if count > 1:
            yield f"order {checkout.key} became {count} memberships or purchases"
        elif count == 0 and checkout.state == "settled":
            yield f"order {checkout.key} is paid and became nothing"
    same = (Payment.subscription_id, Payment.covers_from, Payment.covers_until)
    rows = session.execute(
        select(*same)
        .where(
            Payment.subscription_id.is_not(None),
            Payment.covers_from.is_not(None),
            Payment.status == "paid",
            Payment.amount > 0,
            Payment.refunded < Payment.amount,
        )
        .group_by(*same)
        .having(func.count() > 1)
    )
    for row in rows:
        yield f"subscription {row.subscription_id}: {row.covers_from:%Y-%m-%d} is paid twice"
