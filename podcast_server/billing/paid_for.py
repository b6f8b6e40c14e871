"""Which show a payment was for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from podcast_server.billing.models import (
    CollectionItem,
    Donation,
    Payment,
    PlanOpening,
    Purchase,
    Subscription,
)


def paid_for(show_id: int) -> ColumnElement[bool]:
    """Whether a payment was for a plan, a sale or a donation of this show (others perhaps too)."""
    plans = select(PlanOpening.plan_id).where(PlanOpening.show_id == show_id)
    sales = select(CollectionItem.collection_id).where(CollectionItem.show_id == show_id)
    gave = Donation.show_id == show_id
    once = select(Purchase.id).where(
        or_(
            Purchase.plan_id.in_(plans),
            Purchase.collection_id.in_(sales),
            Purchase.id.in_(select(Donation.purchase_id).where(gave)),
        )
    )
    again = select(Subscription.id).where(
        or_(
            Subscription.plan_id.in_(plans),
            Subscription.id.in_(select(Donation.subscription_id).where(gave)),
        )
    )
    return or_(Payment.purchase_id.in_(once), Payment.subscription_id.in_(again))
