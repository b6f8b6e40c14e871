"""The tables of what we publish: shows, their tiers, episodes, audio files and transcripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from episodes.db import Base, UTCDateTime

# Of audio, which may have more than two gigabytes; SQLite's INTEGER counts as far.
_BYTES = BigInteger().with_variant(Integer(), "sqlite")


class Show(Base):
    """A podcast. ``revision`` grows with every change a listener could see."""

    __tablename__ = "shows"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(String(255), default="")
    owner_name: Mapped[str] = mapped_column(String(255), default="")
    owner_email: Mapped[str] = mapped_column(String(320), default="")
    link: Mapped[str] = mapped_column(String(2000), default="")
    language: Mapped[str] = mapped_column(String(16), default="en")
    copyright: Mapped[str] = mapped_column(String(255), default="")
    explicit: Mapped[bool] = mapped_column(default=False)
    type: Mapped[str] = mapped_column(String(16), default="episodic")
    # Apple categories in order of weight: [["Arts", "Books"], ["News", null]]
    categories: Mapped[list[list[str | None]]] = mapped_column(JSON, default=list)
    # Hosts: [{"name": …, "role": "host", "group": "cast", "img": …, "href": …}]
    persons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    artwork_key: Mapped[str | None] = mapped_column(String(512))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    # One guid for the public feed, another for the private ones, both kept for life.
    podcast_guid: Mapped[str] = mapped_column(String(36))
    private_podcast_guid: Mapped[str] = mapped_column(String(36))
    # How members' episodes stand in the public feed: "hidden" or "teaser".
    public_feed: Mapped[str] = mapped_column(String(16), default="teaser")
    # Free episodes turn members-only after so many days, or once so many newer ones are out.
    archive_after_days: Mapped[int | None]
    archive_after_count: Mapped[int | None]
    # Where to give, and in a few words why; empty: the show's page, and its title.
    funding_url: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    funding_text: Mapped[str] = mapped_column(String(128), default="", server_default="")
    # Elsewhere on the web: [{"text": "Mastodon", "url": …}]
    links: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, server_default="[]")
    preview_minutes: Mapped[int | None]  # of members' episodes, cut by themselves; None: never
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    tiers: Mapped[list[Tier]] = relationship(back_populates="show", order_by="Tier.position")


class Tier(Base):
    """A level of membership of one show; a plan may open tiers of several shows."""

    __tablename__ = "tiers"
    __table_args__ = (UniqueConstraint("show_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(255))
    position: Mapped[int] = mapped_column(default=0)

    show: Mapped[Show] = relationship(back_populates="tiers")


class Audio(Base):
    """One stored audio file, as probed. Never changed: new audio is a new row and object."""

    __tablename__ = "audio"

    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    object_key: Mapped[str] = mapped_column(String(512), unique=True)
    # What the podcaster uploaded, when the published file was converted from it.
    original_key: Mapped[str | None] = mapped_column(String(512))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(_BYTES)
    mime: Mapped[str] = mapped_column(String(64))
    extension: Mapped[str] = mapped_column(String(8))
    duration: Mapped[float]  # seconds
    bitrate: Mapped[int]  # bits per second
    # Bytes from the start of the file that hold its header and the first minute of sound,
    # the threshold of the IAB measurement guidelines.
    minute_bytes: Mapped[int] = mapped_column(_BYTES)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Episode(Base):
    """One episode. Whether it is out is told by ``state`` and the times, never by a job.

    ``public_from`` and ``public_until`` bound the time in which everybody may hear it; they
    are derived from audience, dates and the show's archive rule by episodes.publishing.
    """

    __tablename__ = "episodes"
    __table_args__ = (
        UniqueConstraint("show_id", "guid"),
        Index("ix_episodes_show_id_publish_at", "show_id", "publish_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"))
    guid: Mapped[str] = mapped_column(String(512))
    title: Mapped[str] = mapped_column(String(255))
    notes: Mapped[str] = mapped_column(Text, default="")  # Markdown
    author: Mapped[str] = mapped_column(String(255), default="")
    link: Mapped[str] = mapped_column(String(2000), default="")
    season: Mapped[int | None]
    season_name: Mapped[str] = mapped_column(String(128), default="")
    number: Mapped[int | None]
    type: Mapped[str] = mapped_column(String(16), default="full")
    explicit: Mapped[bool | None]
    state: Mapped[str] = mapped_column(String(16), default="draft")  # …, ready, withdrawn, deleted
    # What it was when it was deleted: draft, scheduled, published or withdrawn.
    deleted_from: Mapped[str] = mapped_column(String(16), default="", server_default="")
    audience: Mapped[str] = mapped_column(String(16), default="members")
    tier_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    publish_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    public_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    public_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    public_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    audio_id: Mapped[int | None] = mapped_column(ForeignKey("audio.id"))
    preview_audio_id: Mapped[int | None] = mapped_column(ForeignKey("audio.id"))
    # Which part was chosen (seconds; None: the show's first minutes), whether none is wanted,
    # and the SHA-256 of the audio it was last cut from, or could not be cut from.
    preview_start: Mapped[float | None]
    preview_end: Mapped[float | None]
    preview_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    preview_of: Mapped[str] = mapped_column(String(64), default="", server_default="")
    artwork_key: Mapped[str | None] = mapped_column(String(512))
    chapters: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    persons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    show: Mapped[Show] = relationship()
    audio: Mapped[Audio | None] = relationship(foreign_keys=[audio_id])
    preview_audio: Mapped[Audio | None] = relationship(foreign_keys=[preview_audio_id])
    transcripts: Mapped[list[Transcript]] = relationship(
        back_populates="episode", order_by="Transcript.id", cascade="all, delete-orphan"
    )


class EpisodeVersion(Base):
    """What an episode was before a change; see episodes.history. ``by`` is who changed it."""

    __tablename__ = "episode_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(255), default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Upload(Base):
    """A file on its way in: received in parts, then examined, then made an episode's audio.

    States: receiving → examining → ready or refused → used. ``storage_id`` names the
    multipart upload of the storage; ``facts`` is what the probe found, for filling the form.
    """

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(255))
    # What the browser knows of the file, to find the upload again after a reload.
    fingerprint: Mapped[str] = mapped_column(String(128), index=True)
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    part_size: Mapped[int]  # bytes
    object_key: Mapped[str] = mapped_column(String(512))
    storage_id: Mapped[str] = mapped_column(String(1024))
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    progress: Mapped[float] = mapped_column(default=0.0)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    episode_key: Mapped[str] = mapped_column(String(16))
    audio_id: Mapped[int | None] = mapped_column(ForeignKey("audio.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    begun_by: Mapped[str] = mapped_column(String(255), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Transcript(Base):
    """One stored transcript of an episode, in one format and language."""

    __tablename__ = "transcripts"

    id: Mapped[int] = mapped_column(primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), index=True)
    object_key: Mapped[str] = mapped_column(String(512))
    mime: Mapped[str] = mapped_column(String(64))
    extension: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(16), default="")  # empty: as the show
    size: Mapped[int]  # bytes
    ends: Mapped[float | None]  # seconds, when its last words end; None: without times, or unknown

    episode: Mapped[Episode] = relationship(back_populates="transcripts")
