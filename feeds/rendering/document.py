"""A feed as plain values: everything the writer needs and nothing else.

Addresses are final: they hold tokens or the sentinels that stand for tokens, and are written
as they are.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import metadata, resources
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """podcast:person; role and group from the namespace's taxonomy."""

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
    """podcast:transcript; ``rel`` is "captions" for a timed one in a format without times."""

    url: str
    mime: str
    language: str = ""
    rel: str = ""


@dataclass(frozen=True, slots=True)
class Funding:
    """podcast:funding: where and, in a few words, why to give."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item; duration in whole seconds, ``published`` aware.

    ``notes_html`` is safe HTML; ``summary`` says the same in plain words. A notice has
    an enclosure only where the podcaster recorded one. Persons of an item stand in place of
    the feed's persons.
    """

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
    episode_display: str = ""
    episode_type: str = "full"
    explicit: bool = False
    block: bool = False
    author: str = ""
    persons: tuple[Person, ...] = ()
    chapters_url: str | None = None
    transcripts: tuple[TranscriptLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """A whole feed; ``updated`` (aware) comes from what it holds, never from the clock.

    ``private`` keeps it out of directories; ``new_feed_url`` must be the subscriber's own;
    ``ttl`` is in minutes. ``report_url`` is where the description lets a feed in wrong hands be
    closed.
    """

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
    funding: Funding | None
    updated: datetime
    items: tuple[FeedItem, ...]
    medium: str = "podcast"
    new_feed_url: str | None = None
    complete: bool = False
    ttl: int | None = None
    report_url: str | None = None


_FIELDS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*kind.__slots__)
    for kind in (FeedDocument, FeedItem, Person, Enclosure, TranscriptLink, Funding)
}


def fingerprint(document: FeedDocument) -> str:
    """A stable hash, in hex, of everything in the document and of the code that writes it.

    Equal documents have the same one, and what was rendered before an upgrade is not served
    after it.
    """
    # marshal's second version has no back references, so equal values give equal bytes; and
    # it is several times as fast as hashing repr(document).
    plain = (rendering_version(), _plain(document))
    return hashlib.sha256(marshal.dumps(plain, 2)).hexdigest()


def _plain(value: Any) -> Any:
    """The value as nested lists of what marshal knows."""
    kind = type(value)
    if kind in _FIELDS:
        parts = _FIELDS[kind](value)
    elif kind is tuple:
        parts = value
    else:
        return value.timestamp() if kind is datetime else value
    # Most parts are texts; not asking for each of them halves the time.
    return [part if type(part) is str else _plain(part) for part in parts]


@lru_cache(maxsize=1)
def rendering_version() -> str:
    """Changes whenever the code of this package or feedgen does."""
    digest = hashlib.sha256(metadata.version("feedgen").encode())
    for name, source in sorted(_sources()):
        digest.update(name.encode() + source)
    return digest.hexdigest()[:16]


def _sources() -> Iterator[tuple[str, bytes]]:
    for package in ("feeds.rendering", "feeds.rendering.tags"):
        for file in resources.files(package).iterdir():
            if file.name.endswith(".py"):
                yield f"{package}/{file.name}", file.read_bytes()
