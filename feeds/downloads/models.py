"""The tables of downloads: raw hits for a while, what was counted from them for good.

Hits and counts name episodes by key and members and feeds by id without foreign keys: a hit
is a fact of the past, written in bulk, and must not be refused because a row went away.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime
from feeds.downloads.privacy import HASH_LENGTH

# SQLite numbers rows only in a column of exactly this type.
_RowNumber = BigInteger().with_variant(Integer, "sqlite")


class RawHit(Base):
    """One request for audio. The address is a hash that changes every UTC day."""

    __tablename__ = "raw_hits"
    __table_args__ = (
        Index("ix_raw_hits_day_episode_key", "day", "episode_key"),
        Index("ix_raw_hits_feed_id_at", "feed_id", "at"),
    )

    id: Mapped[int] = mapped_column(_RowNumber, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    day: Mapped[dt.date]
    episode_key: Mapped[str] = mapped_column(String(16))
    feed_id: Mapped[int | None]
    member_id: Mapped[int | None]
    method: Mapped[str] = mapped_column(String(8))
    status: Mapped[int]
    range_start: Mapped[int | None] = mapped_column(BigInteger)
    range_end: Mapped[int | None] = mapped_column(BigInteger)
    bytes_served: Mapped[int | None] = mapped_column(BigInteger)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    minute_bytes: Mapped[int] = mapped_column(BigInteger)
    ip_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    user_agent: Mapped[str] = mapped_column(String(512))
    country: Mapped[str | None] = mapped_column(String(2))
    # The app that fetched the feed last, for hits whose user agent names no app.
    feed_app: Mapped[str] = mapped_column(String(80), default="")


class HitParcel(Base):
    """Hits as a web process noted them, some hundreds in one row, until a worker takes them in.

    ``hits`` is a JSON list of what feeds/downloads/parcels.py writes, without addresses.
    """

    __tablename__ = "hit_parcels"

    id: Mapped[int] = mapped_column(_RowNumber, primary_key=True)
    hits: Mapped[str] = mapped_column(Text)


class LostHits(Base):
    """How many hits and polls could not be kept on one UTC day, for the operator to see."""

    __tablename__ = "lost_hits"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class CountedDay(Base):
    """How far one episode's hits of one UTC day are counted.

    ``hits_version`` grows in the transaction that adds hits, ``counted_version`` is the one
    that was counted: they differ as long as there is something to do.
    """

    __tablename__ = "counted_days"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    episode_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    hits_version: Mapped[int] = mapped_column(default=1)
    counted_version: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # The raw hits are gone: the count is final, a new one would only lose.
    raw_expired: Mapped[bool] = mapped_column(default=False)


class BusyAddress(Base):
    """An address with more downloads on a day than people have: left out of the count."""

    __tablename__ = "busy_addresses"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    ip_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)


class DailyDownload(Base):
    """Downloads of one episode on one UTC day with one app, kind of device and country.

    ``request_based`` of the ``downloads`` are known by what was asked for, not by bytes.
    """

    __tablename__ = "daily_downloads"
    __table_args__ = (Index("ix_daily_downloads_episode_key_day", "episode_key", "day"),)

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    episode_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    app: Mapped[str] = mapped_column(String(80), primary_key=True)
    device: Mapped[str] = mapped_column(String(16), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)  # "" where unknown
    downloads: Mapped[int]
    request_based: Mapped[int]


class MemberPlay(Base):
    """One member heard one episode on one UTC day."""

    __tablename__ = "member_plays"
    __table_args__ = (Index("ix_member_plays_member_id_day", "member_id", "day"),)

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    episode_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_based: Mapped[bool]
