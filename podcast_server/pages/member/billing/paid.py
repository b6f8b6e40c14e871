"""What somebody has paid so far, payment by payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.billing.models import Payment, Purchase, Subscription

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment; amounts in minor units."""

    at: datetime
    name: str
    amount: int
    refunded: int
    currency: str


def payments_made(database: Session, member_id: int) -> list[Paid]:
    """The newest first; what failed or is on its way is not among them."""
    rows = database.scalars(
        select(Payment)
        .where(Payment.member_id == member_id, Payment.status == "paid", Payment.amount > 0)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(SHOWN)
    )
    return [
        Paid(row.paid_at, _name(database, row), row.amount, row.refunded, row.currency)
        for row in rows
        if row.paid_at is not None
    ]


def _name(database: Session, row: Payment) -> str:
    """What it was for."""
    paid_for: Subscription | Purchase | None = None
    if row.subscription_id is not None:
        paid_for = database.get(Subscription, row.subscription_id)
    elif row.purchase_id is not None:
        paid_for = database.get(Purchase, row.purchase_id)
    if paid_for is None:
        return ""
    if paid_for.plan is not None:
        return paid_for.plan.name
    if isinstance(paid_for, Purchase) and paid_for.collection is not None:
        return paid_for.collection.name
    return str(gettext("Donation"))
