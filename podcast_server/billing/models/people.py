"""What people do with what was bought: gifts, seats, donations; and what the podcaster gives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from episodes.db import Base, UTCDateTime
from podcast_server.billing.models.keys import new_key
from podcast_server.billing.models.offers import Plan
from podcast_server.billing.models.sales import Purchase, Subscription


class Gift(Base):
    """A membership bought for somebody else. The code is made from ``key``; its hash finds it."""

    __tablename__ = "gifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"), unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    interval: Mapped[str] = mapped_column(String(8))  # as in prices
    interval_count: Mapped[int]
    access_days: Mapped[int | None]
    recipient_name: Mapped[str] = mapped_column(String(255), default="")
    recipient_email: Mapped[str] = mapped_column(String(320), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    send_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: the buyer hands it over
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    redeemed_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    redeemed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    plan: Mapped[Plan] = relationship()
    purchase: Mapped[Purchase] = relationship()


class SeatGroup(Base):
    """One payer, several seats (as many as the subscription's quantity), one invite link."""

    __tablename__ = "seat_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Opens a seat, so it is changed with one click when the link went too far.
    invite_key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    name: Mapped[str] = mapped_column(String(255), default="")
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    subscription: Mapped[Subscription] = relationship()
    seats: Mapped[list[Seat]] = relationship(back_populates="group", order_by="Seat.id")


class Seat(Base):
    """Somebody's place in a group. Freed seats stay as history."""

    __tablename__ = "seats"
    __table_args__ = (Index("ix_seats_group_id_member_id", "group_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("seat_groups.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    freed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    group: Mapped[SeatGroup] = relationship(back_populates="seats")


class Donation(Base):
    """A tip, once or repeated, with what the donor wanted to say."""

    __tablename__ = "donations"
    __table_args__ = (UniqueConstraint("purchase_id"), UniqueConstraint("subscription_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchases.id"))
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscriptions.id"))
    amount: Mapped[int]  # minor units, each time
    currency: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(80), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    wants_thanks: Mapped[bool] = mapped_column(default=False)  # may be thanked in public
    hidden: Mapped[bool] = mapped_column(default=False)  # the podcaster does not show it
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    purchase: Mapped[Purchase | None] = relationship()
    subscription: Mapped[Subscription | None] = relationship()


class Comp(Base):
    """A membership the podcaster gives, with the reason."""

    __tablename__ = "comps"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(255))
    given_by: Mapped[str] = mapped_column(String(80))

    plan: Mapped[Plan] = relationship()
