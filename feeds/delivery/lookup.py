"""The one indexed query behind each answer.

Statements are built and compiled once, then run on bare driver connections: SQLAlchemy's
own execution costs several times the SQLite look-up itself. Bare drivers return times as
they are stored, so the few conversions stand here too.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from episodes.models import Audio, Episode, Show, Transcript
from feeds.access import EpisodeFacts
from feeds.models import Access, Announcement, PrivateFeed


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


_preview = aliased(Audio)

_FEED: list[Any] = [
    PrivateFeed.id,
    PrivateFeed.member_id,
    PrivateFeed.show_id,
    PrivateFeed.state,
    PrivateFeed.closes_at,
    PrivateFeed.signing_key,
    Show.revision,
    Access.windows,
]
_EPISODE: list[Any] = [
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
_AUDIO: list[Any] = [Audio.object_key, Audio.sha256, Audio.size, Audio.mime, Audio.minute_bytes]
_PREVIEW: list[Any] = [
    _preview.object_key,
    _preview.sha256,
    _preview.size,
    _preview.mime,
    _preview.minute_bytes,
]
_TRANSCRIPT: list[Any] = [Transcript.object_key, Transcript.mime, Transcript.size]


def _private(columns: list[Any]) -> Select[Any]:
    access = (Access.member_id == PrivateFeed.member_id) & (Access.show_id == PrivateFeed.show_id)
    return (
        select(*columns)
        .select_from(PrivateFeed)
        .join(Show, Show.id == PrivateFeed.show_id)
        .outerjoin(Access, access)
        .where(PrivateFeed.key == bindparam("feed_key"))
    )


def _attachments(query: Select[Any], audio_id: Any) -> Select[Any]:
    return (
        query.outerjoin(Audio, Audio.id == audio_id)
        .outerjoin(_preview, _preview.id == Episode.preview_audio_id)
        .outerjoin(
            Transcript,
            (Transcript.episode_id == Episode.id) & (Transcript.id == bindparam("transcript_id")),
        )
    )


_FEED_QUERY = _private(_FEED)
# An outer join, so that an unknown episode still tells whose feed asked.
_MEDIA_QUERY = _attachments(
    _private([*_FEED, *_EPISODE, *_AUDIO, *_PREVIEW, *_TRANSCRIPT, Announcement.notice])
    .outerjoin(
        Episode,
        (Episode.show_id == PrivateFeed.show_id) & (Episode.key == bindparam("episode_key")),
    )
    .outerjoin(
        Announcement,
        (Announcement.show_id == PrivateFeed.show_id)
        & (Announcement.key == bindparam("episode_key")),
    ),
    # A name is an episode's or an announcement's, so one look-up finds the sound of either.
    func.coalesce(Episode.audio_id, Announcement.audio_id),
)
_PUBLIC_QUERY = _attachments(
    select(*_EPISODE, *_AUDIO, *_PREVIEW, *_TRANSCRIPT)
    .select_from(Episode)
    .where(Episode.key == bindparam("episode_key")),
    Episode.audio_id,
)
_SHOW: list[Any] = [Show.id, Show.revision]
_SHOW_QUERY = select(*_SHOW).where(Show.slug == bindparam("slug"))


class Lookup:
    """Runs the queries of delivery, each in one round trip, from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # A pool of our own: taking and giving back is one atomic deque operation.
        self._idle: deque[Any] = deque(maxlen=64)
        self._named = engine.dialect.paramstyle == "pyformat"
        self._feed = self._compile(_FEED_QUERY)
        self._media = self._compile(_MEDIA_QUERY)
        self._public = self._compile(_PUBLIC_QUERY)
        self._show = self._compile(_SHOW_QUERY)

    def feed(self, feed_key: str) -> FeedRow | None:
        """The feed with this random id, or None."""
        row = self._one(self._feed, {"feed_key": feed_key})
        return None if row is None else _feed_row(row)

    def media(self, feed_key: str, episode_key: str, transcript_id: int = 0) -> MediaRow | None:
        """The feed, and the episode or announcement of its show; None for an unknown feed."""
        values = {"feed_key": feed_key, "episode_key": episode_key, "transcript_id": transcript_id}
        row = self._one(self._media, values)
        if row is None:
            return None
        found, notice = tuple(row[len(_FEED) : -1]), row[-1]
        return MediaRow(_feed_row(row), _episode_row(found), _clip_row(notice, found))

    def public(self, episode_key: str, transcript_id: int = 0) -> EpisodeRow | None:
        """The episode with this key in whatever show, or None."""
        values = {"episode_key": episode_key, "transcript_id": transcript_id}
        row = self._one(self._public, values)
        return None if row is None else _episode_row(tuple(row))

    def show(self, slug: str) -> tuple[int, int] | None:
        """(id, revision) of a show, or None."""
        row = self._one(self._show, {"slug": slug})
        return None if row is None else (row[0], row[1])

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _compile(self, query: Select[Any]) -> tuple[str, list[str]]:
        compiled = query.compile(self._engine)
        return str(compiled), list(compiled.positiontup or [])

    def _one(self, statement: tuple[str, list[str]], values: dict[str, Any]) -> Any:
        sql, order = statement
        parameters = values if self._named else [values[name] for name in order]
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._run(self._connect(), sql, parameters)
        try:
            return self._run(connection, sql, parameters)
        except self._engine.dialect.loaded_dbapi.OperationalError:
            # The database was restarted meanwhile: one fresh connection, then the error stands.
            return self._run(self._connect(), sql, parameters)

    def _run(self, connection: Any, sql: str, parameters: Any) -> Any:
        try:
            row = connection.execute(sql, parameters).fetchone()
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return row

    def _give_back(self, connection: Any) -> None:
        if len(self._idle) < 64:
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self) -> Any:
        fairy = self._engine.raw_connection()
        fairy.detach()
        connection: Any = fairy.dbapi_connection
        if self._named:  # psycopg: one statement, one round trip, no transaction left open
            connection.autocommit = True
            connection.prepare_threshold = 0
        return connection


def _feed_row(row: Sequence[Any]) -> FeedRow:
    return FeedRow(row[0], row[1], row[2], row[3], seconds(row[4]), row[5], row[6], row[7] or "[]")


@lru_cache(maxsize=1024)
def _episode_row(row: tuple[Any, ...]) -> EpisodeRow | None:
    """Cached by all it is read from: everybody asks for the same few new episodes."""
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
    rest = row[len(_EPISODE) :]
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


def _clip_row(notice: str | None, found: tuple[Any, ...]) -> ClipRow | None:
    if notice is None:
        return None
    start = len(_EPISODE)
    return ClipRow(notice, AudioFacts(*found[start : start + len(_AUDIO)]))


def seconds(value: str | datetime | None) -> float | None:
    """A stored time as Unix seconds, whether the driver gives text (SQLite) or a datetime."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.timestamp()
