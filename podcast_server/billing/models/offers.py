"""What is sold: plans and what they open, prices, collections, coupons."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from episodes.db import Base, UTCDateTime
from podcast_server.billing.errors import BadOffer
from podcast_server.billing.models.keys import new_key


class Plan(Base):
    """A membership in the podcaster's words. A free plan has no prices: it costs an e-mail."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    benefits: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(16), default="open")  # open, archived
    is_free: Mapped[bool] = mapped_column(default=False)
    recommended: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    trial_days: Mapped[int] = mapped_column(default=0)
    places: Mapped[int | None]  # at most so many members at a time
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    opens: Mapped[list[PlanOpening]] = relationship(
        order_by="PlanOpening.id", cascade="all, delete-orphan"
    )
    prices: Mapped[list[Price]] = relationship(order_by="Price.id", back_populates="plan")


class PlanOpening(Base):
    """One show, or one tier of a show, that a plan opens; several make a bundle."""

    __tablename__ = "plan_openings"
    __table_args__ = (UniqueConstraint("plan_id", "show_id", "tier_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id"))


class Price(Base):
    """What a plan or a collection costs. Never changed: repricing makes another one.

    ``minimum`` makes it pay-what-you-want, with ``amount`` as the suggestion.
    ``interval`` "once" is paid one time, for ``access_days`` days or, when None, for ever.
    """

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("(plan_id IS NULL) <> (collection_id IS NULL)", name="one_thing"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"), index=True)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collections.id"), index=True)
    amount: Mapped[int]  # minor units
    minimum: Mapped[int | None]  # minor units
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(8))  # day, week, month, year, once
    interval_count: Mapped[int] = mapped_column(default=1)
    access_days: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    plan: Mapped[Plan | None] = relationship(back_populates="prices")
    collection: Mapped[Collection | None] = relationship(back_populates="prices")


_FIXED = (
    "amount",
    "minimum",
    "currency",
    "interval",
    "interval_count",
    "access_days",
    "plan_id",
    "collection_id",
)


@event.listens_for(Price, "before_update")
def _refuse_changes(_mapper: object, _connection: object, price: Price) -> None:
    # People agreed to it, and providers keep theirs for good.
    state = inspect(price)
    if any(state.attrs[name].history.has_changes() for name in _FIXED):
        raise BadOffer("a price cannot be changed: make another one")


class Collection(Base):
    """Episodes or seasons sold once and kept for ever; the smallest is one episode."""

    __tablename__ = "collections"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="open")  # open, archived
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    items: Mapped[list[CollectionItem]] = relationship(
        order_by="CollectionItem.id", cascade="all, delete-orphan"
    )
    prices: Mapped[list[Price]] = relationship(order_by="Price.id", back_populates="collection")


class CollectionItem(Base):
    """One episode (scope_id its id) or season (scope_id its number) of a show."""

    __tablename__ = "collection_items"
    __table_args__ = (UniqueConstraint("collection_id", "show_id", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collections.id"))
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    scope: Mapped[str] = mapped_column(String(16))  # episode, season
    scope_id: Mapped[int]


class Coupon(Base):
    """A code that makes memberships cheaper for a time."""

    __tablename__ = "coupons"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True, default=new_key)
    code: Mapped[str] = mapped_column(String(40), unique=True)  # upper case
    percent: Mapped[int | None]  # 1 to 100
    amount: Mapped[int | None]  # minor units
    currency: Mapped[str | None] = mapped_column(String(3))
    duration: Mapped[str] = mapped_column(String(16))  # once, months, forever
    months: Mapped[int | None]
    most_uses: Mapped[int | None]
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(16), default="open")  # open, archived
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
