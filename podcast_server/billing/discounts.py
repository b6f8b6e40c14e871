"""A coupon given to a running membership by hand, and taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from podcast_server.billing.catalogue import publish_coupon
from podcast_server.billing.errors import BadOffer
from podcast_server.billing.models import Coupon, Subscription
from podcast_server.billing.till import Till


def coupons_to_give(session: Session, subscription: Subscription, now: datetime) -> list[Coupon]:
    """The open coupons that fit a membership's currency, by code."""
    query = select(Coupon).where(
        Coupon.state == "open",
        or_(Coupon.closes_at.is_(None), Coupon.closes_at > now),
        or_(Coupon.currency.is_(None), Coupon.currency == subscription.currency),
    )
    return list(session.scalars(query.order_by(Coupon.code)))


def give_discount(
    till: Till, subscription: Subscription, coupon: Coupon, *, reason: str, now: datetime
) -> None:
    """Let the next payments be smaller, as the coupon says; it takes the place of another.

    Own transactions. Raises BadOffer without a reason or where the coupon does not fit,
    ProviderError.
    """
    if not reason.strip():
        raise BadOffer("say why, for the member's history")
    with till.reading() as session:
        fitting = {each.id for each in coupons_to_give(session, subscription, now)}
    if coupon.id not in fitting or subscription.realm != till.selling.realm:
        raise BadOffer("this coupon does not fit this membership")
    ref = publish_coupon(till, coupon)
    stamp = f"{subscription.key}-{coupon.key}-{now.isoformat()}"
    till.provider_of(subscription.realm).set_discount(subscription.ref, ref, key=stamp)
    _note(till, subscription, coupon.code)


def end_discount(till: Till, subscription: Subscription, now: datetime) -> None:
    """From the next payment on, the whole price. Own transactions. Raises ProviderError."""
    stamp = f"{subscription.key}-none-{now.isoformat()}"
    till.provider_of(subscription.realm).set_discount(subscription.ref, "", key=stamp)
    _note(till, subscription, "")


def _note(till: Till, subscription: Subscription, code: str) -> None:
    with till.sessions.begin() as session:
        session.get_one(Subscription, subscription.id).discount = code
