"""What was counted in a minute, for all processes."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base


class MinuteCount(Base):
    """How often something happened in one minute. ``key`` is a hash: no address is kept."""

    __tablename__ = "minute_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    count: Mapped[int] = mapped_column(default=0)
