"""What another host's feed says, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ForeignTranscript:
    """Where a transcript lies; ``mime`` is the feed's claim."""

    url: str
    mime: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ForeignItem:
    """One item. ``guid`` is to the letter what apps remember; ``length`` in bytes, 0 unknown."""

    guid: str
    title: str
    notes_html: str = ""
    link: str = ""
    author: str = ""
    published: datetime | None = None
    season: int | None = None
    season_name: str = ""
    number: int | None = None
    type: str = "full"
    explicit: bool | None = None
    audio_url: str = ""
    audio_mime: str = ""
    length: int = 0
    image_url: str = ""
    chapters_url: str = ""
    chapters: tuple[dict[str, Any], ...] = ()
    transcripts: tuple[ForeignTranscript, ...] = ()
    persons: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignFeed:
    """A whole feed, newest item first as it stands. ``next_url`` is its next page (RFC 5005)."""

    title: str
    description_html: str = ""
    author: str = ""
    owner_name: str = ""
    owner_email: str = ""
    link: str = ""
    language: str = ""
    copyright: str = ""
    explicit: bool = False
    type: str = "episodic"
    image_url: str = ""
    podcast_guid: str = ""
    locked: bool = False
    generator: str = ""
    moved_to: str = ""  # itunes:new-feed-url
    categories: tuple[tuple[str, str | None], ...] = ()
    persons: tuple[dict[str, Any], ...] = ()
    items: tuple[ForeignItem, ...] = ()
    next_url: str = ""
    warnings: tuple[str, ...] = field(default=())
