"""What a settled checkout brings besides rights: the gift, the group of seats, the donation."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.billing.models import (
    Checkout,
    Donation,
    Gift,
    Purchase,
    SeatGroup,
    Subscription,
)
from podcast_server.billing.models.keys import new_key


def fulfil_purchase(
    session: Session, checkout: Checkout, purchase: Purchase, gift_secret: bytes, now: datetime
) -> None:
    """Make what a paid purchase promised, once."""
    if purchase.purpose == "gift":
        _make_gift(session, checkout, purchase, gift_secret, now)
    if purchase.purpose == "donation":
        _make_donation(session, checkout, now, purchase=purchase)


def fulfil_subscription(
    session: Session, checkout: Checkout, subscription: Subscription, now: datetime
) -> None:
    """Make what a subscription promised, once."""
    if subscription.purpose == "seats":
        _make_group(session, checkout, subscription, now)
    if subscription.purpose == "donation":
        _make_donation(session, checkout, now, subscription=subscription)


def _make_gift(
    session: Session, checkout: Checkout, purchase: Purchase, gift_secret: bytes, now: datetime
) -> None:
    known = select(Gift.id).where(Gift.purchase_id == purchase.id)
    if session.scalars(known).first() is not None or checkout.plan_id is None:
        return
    wishes = checkout.details
    key = new_key()
    send_at = wishes.get("send_at")
    session.add(
        Gift(
            key=key,
            code_hash=hash_code(gift_code(gift_secret, key)),
            purchase_id=purchase.id,
            plan_id=checkout.plan_id,
            interval=str(wishes["interval"]),
            interval_count=int(wishes["interval_count"]),
            access_days=wishes.get("access_days"),
            recipient_name=str(wishes.get("recipient_name", "")),
            recipient_email=str(wishes.get("recipient_email", "")),
            message=str(wishes.get("message", "")),
            send_at=None if send_at is None else datetime.fromisoformat(send_at),
            created_at=now,
        )
    )
    session.flush()


def gift_code(secret: bytes, key: str) -> str:
    """The code of a gift, always the same: 80 bits as ABCD-EFGH-JKLM-NPQR.

    Made from the key and a secret outside the database, so that a copy of the database
    redeems nothing.
    """
    raw = hmac.digest(secret, b"gift:" + key.encode(), "sha256")[:10]
    text = b32encode(raw).decode()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def hash_code(code: str) -> str:
    """What a code is found by: case, spaces and hyphens do not matter; 0 and 1 are O and I."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.replace("0", "O").replace("1", "I").encode()).hexdigest()


def _make_group(
    session: Session, checkout: Checkout, subscription: Subscription, now: datetime
) -> None:
    known = select(SeatGroup.id).where(SeatGroup.subscription_id == subscription.id)
    if session.scalars(known).first() is None:
        name = str(checkout.details.get("name", ""))
        session.add(SeatGroup(subscription_id=subscription.id, name=name, created_at=now))
        session.flush()


def _make_donation(
    session: Session,
    checkout: Checkout,
    now: datetime,
    *,
    purchase: Purchase | None = None,
    subscription: Subscription | None = None,
) -> None:
    known = select(Donation.id).where(
        Donation.purchase_id == purchase.id
        if purchase is not None
        else Donation.subscription_id == (subscription.id if subscription else None)
    )
    if session.scalars(known).first() is not None or checkout.member_id is None:
        return
    said = checkout.details
    session.add(
        Donation(
            show_id=int(said["show_id"]),
            member_id=checkout.member_id,
            purchase_id=purchase.id if purchase else None,
            subscription_id=subscription.id if subscription else None,
            amount=checkout.amount,
            currency=checkout.currency,
            name=str(said.get("name", "")),
            message=str(said.get("message", "")),
            wants_thanks=bool(said.get("wants_thanks", False)),
            created_at=now,
        )
    )
    session.flush()
