"""How it was: who was on which plan, and on which terms money came in. Kept for the numbers.

The other tables say how things stand now, so a change of plan or price would rewrite the past.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class PlanStay(Base):
    """Somebody's time on a plan, however they came by it; written beside their grants.

    ``source`` is that of the grants ("subscription:12", "gift:3"). Another plan is another stay.
    """

    __tablename__ = "plan_stays"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SubscriptionTerms(Base):
    """What a subscription brought in on unchanged terms, while it was paid: no trial, no debt.

    ``amount`` is in minor units, for all seats, each interval.
    """

    __tablename__ = "subscription_terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(8))
    interval_count: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
