"""What ties us to a provider: its ids for our things, and its webhooks as they came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class RemoteObject(Base):
    """The provider's id of a plan, collection, price or coupon of ours, one per realm."""

    __tablename__ = "remote_objects"
    __table_args__ = (UniqueConstraint("realm", "kind", "ref"),)

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    local_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ref: Mapped[str] = mapped_column(String(255))


class RemoteCustomer(Base):
    """A payer as the provider knows them; one member may be several."""

    __tablename__ = "remote_customers"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    ref: Mapped[str] = mapped_column(String(255), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)


class ForeignPrice(Base):
    """A price at the provider that another host made, and the plan of ours it pays for.

    Only subscriptions that were brought over have such a price; nothing is sold by it.
    """

    __tablename__ = "foreign_prices"

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    ref: Mapped[str] = mapped_column(String(255), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)


class PaymentEvent(Base):
    """A webhook as it came, stored once by its id, and how far it was worked off."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("realm", "ref"),
        Index("ix_payment_events_status_next_try_at", "status", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(80))
    # What to look up at the provider; empty for types that are kept and ignored.
    subject_kind: Mapped[str] = mapped_column(String(16), default="")
    subject_ref: Mapped[str] = mapped_column(String(255), default="")
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    status: Mapped[str] = mapped_column(String(16), default="new")
    # new (also while it is tried again), done, ignored, needs_attention
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
