"""The tables of imports of members, and of old feed addresses that stay valid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from episodes.db import Base, UTCDateTime


class MemberImport(Base):
    """One file of members. ``state``: draft → applying → applied → undoing → undone.

    ``content`` is the file, compressed, while it is a draft, since choices may still change;
    ``digest`` finds an import that was cut off. ``inviting``: "", running, paused, done.
    """

    __tablename__ = "member_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    file_name: Mapped[str] = mapped_column(String(255), default="")
    source: Mapped[str] = mapped_column(String(40), default="")  # the preset's key
    # Whose studio it began in; None from the command line.
    show_id: Mapped[int | None] = mapped_column(ForeignKey("shows.id"), index=True)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    started_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    inviting: Mapped[str] = mapped_column(String(16), default="")
    problem: Mapped[str] = mapped_column(String(500), default="")


class ImportedRow(Base):
    """One row of the file, what was decided, and how far it is.

    ``state``: waiting → done, left (skipped or refused), problem; later undone or kept.
    """

    __tablename__ = "member_import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index("ix_member_import_rows_import_id_state", "import_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("member_imports.id"))
    number: Mapped[int]  # line of the file
    email: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    tier: Mapped[str] = mapped_column(String(255), default="")
    word: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(16))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    # [[show, scope, scope id], …] and the shows to have a feed of
    rights: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    shows: Mapped[list[int]] = mapped_column(JSON, default=list)
    joined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    customer_ref: Mapped[str] = mapped_column(String(255), default="")
    subscription_ref: Mapped[str] = mapped_column(String(255), default="")
    # Of the old feed's path only the keyed hash is kept.
    old_path_hash: Mapped[str] = mapped_column(String(64), default="")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    made_member: Mapped[bool] = mapped_column(default=False)
    made_subscriptions: Mapped[list[int]] = mapped_column(JSON, default=list)
    invited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MovedPath(Base):
    """A feed address of another host, by the keyed hash of its path, and where it leads:
    to one private feed, or to the show's public feed where ``feed_id`` is None."""

    __tablename__ = "moved_paths"

    path_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("private_feeds.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("member_imports.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
