"""What the look-ups of delivery read: their columns, and the values made of them.

Bare drivers return times as they are stored, so the few conversions stand here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Text, cast
from sqlalchemy.orm import aliased

from episodes.models import Audio, Episode, Show, Transcript
from feeds.access import EpisodeFacts
from feeds.models import Access, PrivateFeed


class FeedRow(NamedTuple):
    """What answering a feed needs: the feed, its show's revision, the member's windows."""

    feed_id: int
    member_id: int
    show_id: int
    state: str
    closes_at: float | None
    signing_key: str
    revision: int
    windows: str


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The stored file behind an enclosure; sizes in bytes."""

    object_key: str
    sha256: str
    size: int
    mime: str
    minute_bytes: int


@dataclass(frozen=True, slots=True)
class TranscriptFacts:
    """A stored transcript."""

    object_key: str
    mime: str
    size: int


class ClipRow(NamedTuple):
    """An announcement: the notice it belongs to, and its sound."""

    notice: str
    audio: AudioFacts


class MediaRow(NamedTuple):
    """Whose feed asked, and what its show has under the name they asked for."""

    feed: FeedRow
    episode: EpisodeRow | None
    clip: ClipRow | None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """One episode with all that hangs on it for delivery."""

    facts: EpisodeFacts
    key: str
    show_id: int
    title: str
    chapters: list[dict[str, Any]]
    audio: AudioFacts | None
    preview: AudioFacts | None
    transcript: TranscriptFacts | None


PREVIEW_AUDIO = aliased(Audio)

FEED: list[Any] = [
    PrivateFeed.id,
    PrivateFeed.member_id,
    PrivateFeed.show_id,
    PrivateFeed.state,
    PrivateFeed.closes_at,
    PrivateFeed.signing_key,
    Show.revision,
    Access.windows,
]
EPISODE: list[Any] = [
    Episode.id,
    Episode.season,
    Episode.state,
    Episode.audience,
    cast(Episode.tier_ids, Text),
    Episode.publish_at,
    Episode.public_from,
    Episode.public_until,
    Episode.key,
    Episode.show_id,
    Episode.title,
    cast(Episode.chapters, Text),
]
AUDIO: list[Any] = [Audio.object_key, Audio.sha256, Audio.size, Audio.mime, Audio.minute_bytes]
PREVIEW: list[Any] = [
    PREVIEW_AUDIO.object_key,
    PREVIEW_AUDIO.sha256,
    PREVIEW_AUDIO.size,
    PREVIEW_AUDIO.mime,
    PREVIEW_AUDIO.minute_bytes,
]
TRANSCRIPT: list[Any] = [Transcript.object_key, Transcript.mime, Transcript.size]


def feed_row(row: Sequence[Any]) -> FeedRow:
    """A feed from the columns of FEED."""
    return FeedRow(row[0], row[1], row[2], row[3], seconds(row[4]), row[5], row[6], row[7] or "[]")


@lru_cache(maxsize=1024)
def episode_row(row: tuple[Any, ...]) -> EpisodeRow | None:
    """An episode from the columns behind EPISODE; None where there is none.

    Cached by all it is read from: everybody asks for the same few new episodes.
    """
    if row[0] is None:
        return None
    facts = EpisodeFacts(
        id=row[0],
        season=row[1],
        state=row[2],
        audience=row[3],
        tier_ids=tuple(json.loads(row[4])),
        publish_at=seconds(row[5]),
        public_from=seconds(row[6]),
        public_until=seconds(row[7]),
    )
    rest = row[len(EPISODE) :]
    return EpisodeRow(
        facts=facts,
        key=row[8],
        show_id=row[9],
        title=row[10],
        chapters=json.loads(row[11]),
        audio=AudioFacts(*rest[0:5]) if rest[0] is not None else None,
        preview=AudioFacts(*rest[5:10]) if rest[5] is not None else None,
        transcript=TranscriptFacts(*rest[10:13]) if rest[10] is not None else None,
    )


def clip_row(notice: str | None, found: tuple[Any, ...]) -> ClipRow | None:
    """An announcement and its sound; None where the name is not one's."""
    if notice is None:
        return None
    start = len(EPISODE)
    return ClipRow(notice, AudioFacts(*found[start : start + len(AUDIO)]))


def seconds(value: str | datetime | None) -> float | None:
    """A stored time as Unix seconds, whether the driver gives text (SQLite) or a datetime."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.timestamp()
