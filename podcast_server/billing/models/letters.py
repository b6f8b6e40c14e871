"""Which letters about money were written, so that each is written once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class PaymentLetter(Base):
    """One letter: about what ("subscription:12") and of which kind ("failing:2026-06-01")."""

    __tablename__ = "payment_letters"

    about: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
