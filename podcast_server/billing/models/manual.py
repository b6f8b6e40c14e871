"""The books of the manual provider: orders that the podcaster confirms by hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from episodes.db import Base, UTCDateTime


class ManualOrder(Base):
    """What somebody promised to pay by bank transfer or cash, once or every period."""

    __tablename__ = "manual_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    # What the payer writes on the transfer: short, no letters that look alike.
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    order_key: Mapped[str] = mapped_column(String(16), unique=True)
    customer_ref: Mapped[str] = mapped_column(String(320))
    product_ref: Mapped[str] = mapped_column(String(255))
    price_ref: Mapped[str] = mapped_column(String(255), default="")
    repeats: Mapped[bool]
    amount: Mapped[int]  # minor units, for one, each time
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(8))
    interval_count: Mapped[int]
    quantity: Mapped[int] = mapped_column(default=1)
    first_amount: Mapped[int]  # minor units, for all, after a coupon
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    trial_end: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Where counting periods starts, and how many are paid.
    anchor: Mapped[datetime | None] = mapped_column(UTCDateTime)
    periods_paid: Mapped[int] = mapped_column(default=0)
    cancel_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    payments: Mapped[list[ManualPayment]] = relationship(
        back_populates="order", order_by="ManualPayment.id"
    )


class ManualPayment(Base):
    """One confirmed payment of an order."""

    __tablename__ = "manual_payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("manual_orders.id"), index=True)
    amount: Mapped[int]  # minor units
    refunded: Mapped[int] = mapped_column(default=0)  # minor units
    paid_at: Mapped[datetime] = mapped_column(UTCDateTime)
    covers_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    covers_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[str] = mapped_column(String(255), default="")

    order: Mapped[ManualOrder] = relationship(back_populates="payments")
