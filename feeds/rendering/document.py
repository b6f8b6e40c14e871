"""A feed as plain values: everything the writer needs and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """podcast:person."""

    name: str
    role: str = "host"
    group: str = "cast"
    img: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The audio file of an item; length in bytes."""

    url: str
    length: int
    mime: str


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """podcast:transcript."""

    url: str
    mime: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item; duration in whole seconds, ``published`` aware."""

    guid: str
    title: str
    link: str
    published: datetime
    notes_html: str
    summary: str
    enclosure: Enclosure | None
    duration: int | None
    image_url: str | None
    season: int | None = None
    season_name: str = ""
    episode: int | None = None
    episode_type: str = "full"
    explicit: bool = False
    author: str = ""
    persons: tuple[Person, ...] = ()
    chapters_url: str | None = None
    transcripts: tuple[TranscriptLink, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A whole feed; ``updated`` comes from what it holds, never from the clock."""

    title: str
    description: str
    link: str
    self_url: str
    language: str
    author: str
    owner_name: str
    owner_email: str
    image_url: str | None
    categories: tuple[tuple[str, str | None], ...]
    explicit: bool
    type: str
    copyright: str
    podcast_guid: str
    locked: bool
    private: bool
    persons: tuple[Person, ...]
    funding_url: str | None
    updated: datetime
    items: tuple[FeedItem, ...]


def fingerprint(document: FeedDocument) -> str:
    """A stable hash of everything in the document, in hex."""
    return hashlib.sha256(repr(document).encode("utf-8", "surrogatepass")).hexdigest()
