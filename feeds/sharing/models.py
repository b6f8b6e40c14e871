"""The tables of shared feeds: figures for each day, cases, and what a show wants done."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class FeedDay(Base):
    """What one private feed's audio was asked for on one UTC day."""

    __tablename__ = "feed_days"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
    apps: Mapped[int]
    networks: Mapped[int]
    copies: Mapped[int]


class SharingCase(Base):
    """A feed that went beyond the ordinary, and how far things have gone since.

    Each time is when that step was taken. A case is closed when the feed was reset, by
    whomever, or has been ordinary for long enough.
    """

    __tablename__ = "sharing_cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("private_feeds.id"), index=True)
    noticed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    mailed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    reset_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # The podcaster knows better; for a whole window nothing is said of this feed again.
    dismissed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class SharingChoice(Base):
    """How far a show lets things go by themselves; without a row, up to the mail."""

    __tablename__ = "sharing_choices"

    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    mails_member: Mapped[bool] = mapped_column(default=True)
    resets: Mapped[bool] = mapped_column(default=False)
