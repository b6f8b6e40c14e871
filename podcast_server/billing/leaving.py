"""When somebody deletes their account: first the running payments, then what names them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.billing.models import (
    Checkout,
    Donation,
    Gift,
    Payment,
    Purchase,
    Seat,
    Subscription,
)
from podcast_server.billing.plans import ALIVE


def running_subscriptions(session: Session, member_id: int) -> list[Subscription]:
    """What a member pays for, also what is cancelled for later."""
    query = select(Subscription).where(
        Subscription.member_id == member_id, Subscription.status.in_(ALIVE)
    )
    return list(session.scalars(query.order_by(Subscription.id)))


def still_paying(session: Session, member_id: int) -> list[Subscription]:
    """Subscriptions that would go on taking money."""
    return [each for each in running_subscriptions(session, member_id) if each.cancel_at is None]


def forget_payer(session: Session, member_id: int, now: datetime) -> None:
    """Take names, addresses and messages out of our books; amounts and dates must stay."""
    for checkout in session.scalars(select(Checkout).where(Checkout.member_id == member_id)):
        checkout.email = f"erased-{member_id}"
        checkout.details = {
            key: value
            for key, value in checkout.details.items()
            if key not in {"name", "message", "recipient_name", "recipient_email"}
        }
    for donation in session.scalars(select(Donation).where(Donation.member_id == member_id)):
        donation.name, donation.message, donation.hidden = "", "", True
    bought = select(Purchase.id).where(Purchase.member_id == member_id)
    for gift in session.scalars(select(Gift).where(Gift.purchase_id.in_(bought))):
        gift.recipient_name = gift.recipient_email = gift.message = ""
    for seat in session.scalars(
        select(Seat).where(Seat.member_id == member_id, Seat.freed_at.is_(None))
    ):
        seat.freed_at = now
    session.flush()


def export_payer(session: Session, member_id: int) -> dict[str, Any]:
    """What a member bought and paid, as plain values for their own archive."""
    subscriptions = session.scalars(
        select(Subscription).where(Subscription.member_id == member_id).order_by(Subscription.id)
    )
    payments = session.scalars(
        select(Payment).where(Payment.member_id == member_id).order_by(Payment.id)
    )
    donations = session.scalars(
        select(Donation).where(Donation.member_id == member_id).order_by(Donation.id)
    )
    return {
        "memberships": [
            {
                "plan": each.plan.name if each.plan else "",
                "status": each.status,
                "since": each.started_at.isoformat(),
                "amount": each.amount,
                "currency": each.currency,
                "every": each.interval,
            }
            for each in subscriptions
        ],
        "payments": [
            {
                "at": each.paid_at.isoformat() if each.paid_at else None,
                "amount": each.amount,
                "refunded": each.refunded,
                "currency": each.currency,
                "status": each.status,
            }
            for each in payments
        ],
        "donations": [
            {
                "at": each.created_at.isoformat(),
                "amount": each.amount,
                "currency": each.currency,
                "message": each.message,
            }
            for each in donations
        ],
    }
