"""Who bought what: checkouts, subscriptions, single purchases, and the payments behind them.

``realm`` names the provider and its mode ("stripe:test", "stripe:live", "manual") and ``ref``
the provider's own id. ``as_of`` is when the provider was asked; older answers change nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from episodes.db import Base, UTCDateTime
from podcast_server.billing.models.keys import new_key
from podcast_server.billing.models.offers import Collection, Plan, Price


class Checkout(Base):
    """One attempt to buy. What is bought stands here, never in what the browser sends back."""

    __tablename__ = "checkouts"
    __table_args__ = (Index("ix_checkouts_realm_ref", "realm", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    realm: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(255), default="")  # until the provider gave one
    purpose: Mapped[str] = mapped_column(
        String(16)
    )  # membership, collection, gift, seats, donation
    state: Mapped[str] = mapped_column(String(16), default="open")
    # open → complete (money on its way) → settled; or expired, failed
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    # Whether it made the member, so that its browser may see feeds nobody else had before.
    made_member: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(String(320))
    locale: Mapped[str] = mapped_column(String(16), default="en")
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"), index=True)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collections.id"))
    price_id: Mapped[int | None] = mapped_column(ForeignKey("prices.id"))
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupons.id"), index=True)
    amount: Mapped[int]  # minor units, for one
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(8))
    interval_count: Mapped[int] = mapped_column(default=1)
    quantity: Mapped[int] = mapped_column(default=1)
    # What the purpose needs to know later: the gift's recipient, a donation's message.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    as_of: Mapped[datetime | None] = mapped_column(UTCDateTime)

    plan: Mapped[Plan | None] = relationship()
    collection: Mapped[Collection | None] = relationship()
    price: Mapped[Price | None] = relationship()


class Subscription(Base):
    """What repeats: a membership, a group's seats or a monthly donation, as the provider has it."""

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("realm", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    realm: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(255))
    customer_ref: Mapped[str] = mapped_column(String(255), default="")
    purpose: Mapped[str] = mapped_column(String(16))  # membership, seats, donation
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"), index=True)
    price_id: Mapped[int | None] = mapped_column(ForeignKey("prices.id"), index=True)
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkouts.id"))
    # pending, trialing, active, past_due, unpaid, paused, ended
    status: Mapped[str] = mapped_column(String(16), default="pending")
    amount: Mapped[int]  # minor units, for one
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(8))
    interval_count: Mapped[int] = mapped_column(default=1)
    quantity: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    period_end: Mapped[datetime | None] = mapped_column(UTCDateTime)
    trial_end: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancel_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    past_due_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    problem: Mapped[str] = mapped_column(String(255), default="")  # for the podcaster to look at
    # The coupon that the podcaster gave by hand last; how long it lasts, the provider knows.
    discount: Mapped[str] = mapped_column(String(40), default="", server_default="")
    as_of: Mapped[datetime | None] = mapped_column(UTCDateTime)

    plan: Mapped[Plan | None] = relationship()
    price: Mapped[Price | None] = relationship()
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id")


class Purchase(Base):
    """What is paid once: a plan without renewal, a collection, a gift, a donation."""

    __tablename__ = "purchases"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    realm: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(16))  # membership, collection, gift, donation
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collections.id"))
    price_id: Mapped[int | None] = mapped_column(ForeignKey("prices.id"))
    checkout_id: Mapped[int] = mapped_column(ForeignKey("checkouts.id"), unique=True)
    payment_ref: Mapped[str] = mapped_column(String(255), default="", index=True)
    status: Mapped[str] = mapped_column(String(16), default="pending")  # pending, paid, failed
    amount: Mapped[int]  # minor units
    currency: Mapped[str] = mapped_column(String(3))
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    plan: Mapped[Plan | None] = relationship()
    collection: Mapped[Collection | None] = relationship()
    price: Mapped[Price | None] = relationship()
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id")


class Payment(Base):
    """Money that moved, or tries to: one charge, with what was paid back of it."""

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("realm", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    realm: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(255))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchases.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))  # pending, paid, failed
    amount: Mapped[int]  # minor units
    refunded: Mapped[int] = mapped_column(default=0)  # minor units
    currency: Mapped[str] = mapped_column(String(3))
    disputed: Mapped[bool] = mapped_column(default=False)  # the bank took it back, for now or good
    # Whether paying it back ends access; None leaves it to the settings.
    refund_closes: Mapped[bool | None]
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The period it pays for; none for what is paid once.
    covers_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    covers_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
