"""Tables: shows on their way here from another host."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class FeedImport(Base):
    """One feed that is brought here.

    States: looking → looked → copying ⇄ paused → done, or failed with ``reason``; a failed one
    can be started again. ``source`` is sealed: a private feed's address is a secret.
    """

    __tablename__ = "feed_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    show_id: Mapped[int | None] = mapped_column(ForeignKey("shows.id"), index=True)
    source: Mapped[str] = mapped_column(Text, default="")
    fingerprint: Mapped[str] = mapped_column(String(64), default="", index=True)  # of the address
    document: Mapped[bytes | None] = mapped_column(LargeBinary)  # a feed given as a file, zlib
    host: Mapped[str] = mapped_column(String(255), default="")  # to show
    title: Mapped[str] = mapped_column(String(255), default="")
    # What holds for the episodes it brings: {"audience": …, "tier_ids": […]}
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Goes on following the feed for new episodes after it is done.
    mirror: Mapped[bool] = mapped_column(default=False)
    etag: Mapped[str] = mapped_column(String(500), default="")
    modified: Mapped[str] = mapped_column(String(100), default="")
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # a worker's sign of life
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class FeedImportItem(Base):
    """One item of that feed, and what became of it.

    States: new → copied; here (already); unusable (known beforehand) or refused (found while
    copying), with ``reason``.
    """

    __tablename__ = "feed_import_items"
    __table_args__ = (UniqueConstraint("import_id", "guid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("feed_imports.id"), index=True)
    position: Mapped[int]  # as it stands in the feed, from 0
    guid: Mapped[str] = mapped_column(String(512))
    title: Mapped[str] = mapped_column(String(255))
    published: Mapped[datetime | None] = mapped_column(UTCDateTime)
    size: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes; the feed's claim, then ours
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
