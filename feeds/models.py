"""The tables of who hears what: private feeds, grants and the access row made of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class PrivateFeed(Base):
    """One member's feed of one show, under a name of its own ("phone", "car").

    ``key`` is the random id that both tokens of the feed sign; the tokens themselves are
    never stored, and without the signing keys the id opens nothing.
    """

    __tablename__ = "private_feeds"
    __table_args__ = (Index("ix_private_feeds_member_id_show_id", "member_id", "show_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    name: Mapped[str] = mapped_column(String(80), default="")
    # The signing key the tokens were minted with, so that enclosure URLs stay the same
    # to the byte when a newer key is added.
    signing_key: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="open")  # open, replaced, revoked
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # A replaced feed says so until this time, then it is gone.
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("private_feeds.id"))
    first_fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_app: Mapped[str] = mapped_column(String(80), default="")
    last_status: Mapped[int | None]
    # When its address was first asked for without encryption, for others to read on the way.
    exposed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AccessChanges(Base):
    """How often anything that access depends on was changed, counted by triggers.

    One row, or none before the first change. For processes beside a SQLite file; PostgreSQL
    notifies instead (feeds/delivery/postgresql_watch.py).
    """

    __tablename__ = "access_changes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class FeedVisit(Base):
    """What one app last asked of one private feed, and what it was answered.

    Like the hits a fact of the past, without a foreign key. ``by_server`` tells that the
    app's own server came, as Overcast's does, and not somebody's device.
    """

    __tablename__ = "feed_visits"

    feed_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    app: Mapped[str] = mapped_column(String(80), primary_key=True)
    by_server: Mapped[bool]
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_status: Mapped[int]


class Announcement(Base):
    """A clip of the podcaster's that feeds play while a notice stands in them.

    ``key`` is its name in addresses, like an episode's; new audio keeps it.
    """

    __tablename__ = "announcements"
    __table_args__ = (UniqueConstraint("show_id", "notice"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    notice: Mapped[str] = mapped_column(String(16))  # welcome, card_failing, lapsed
    audio_id: Mapped[int] = mapped_column(ForeignKey("audio.id"))


class Grant(Base):
    """The right of one member to hear a show, a tier, a season or an episode for a time."""

    __tablename__ = "grants"
    __table_args__ = (Index("ix_grants_member_id_show_id", "member_id", "show_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    scope: Mapped[str] = mapped_column(String(16))  # show, tier, season, episode
    scope_id: Mapped[int] = mapped_column(default=0)  # tier or episode id, season number
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Why it exists, unique per cause: "manual", "subscription:12", "purchase:7" …
    source: Mapped[str] = mapped_column(String(80), index=True)
    # What the member's feed says meanwhile: "" or "card_failing".
    notice: Mapped[str] = mapped_column(String(16), default="")


class LedgerEntry(Base):
    """One fact that changed access. Rows are only ever added."""

    __tablename__ = "ledger"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    action: Mapped[str] = mapped_column(String(32))  # given, changed, ended, feed_replaced …
    actor: Mapped[str] = mapped_column(String(80))  # "cli", "owner@…", "stripe:evt_…"
    reason: Mapped[str] = mapped_column(String(255), default="")
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Access(Base):
    """A member's grants for one show, folded into one row that delivery reads.

    ``windows`` is a JSON list of ``[scope, scope_id, from, until, notice]`` in Unix seconds,
    written only by feeds.grants.
    """

    __tablename__ = "access"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    windows: Mapped[str] = mapped_column(Text)
