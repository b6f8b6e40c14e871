"""The one indexed query behind each answer (two for a name whose show has just changed).

Statements are built and compiled once, then run on bare driver connections: SQLAlchemy's
own execution costs several times the SQLite look-up itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine, QueuePool, Select, bindparam, func, select

from episodes.models import Audio, Episode, Show, Transcript
from feeds.delivery.memory import FeedMemory
from feeds.delivery.rows import (
    AUDIO,
    EPISODE,
    FEED,
    PREVIEW,
    PREVIEW_AUDIO,
    TRANSCRIPT,
    ClipRow,
    EpisodeRow,
    FeedRow,
    MediaRow,
    clip_row,
    episode_row,
    feed_row,
)
from feeds.models import Access, Announcement, PrivateFeed

_KEPT = 1024  # names whose episode is remembered
# More would answer nobody sooner: Python runs one thread at a time.
MOST_CONNECTIONS = 16
PATIENCE = 10.0  # seconds to wait for one


class _Named(NamedTuple):
    """What a name in media addresses stood for at one revision of its show."""

    show_id: int
    revision: int
    episode: EpisodeRow | None
    clip: ClipRow | None


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
        .outerjoin(PREVIEW_AUDIO, PREVIEW_AUDIO.id == Episode.preview_audio_id)
        .outerjoin(
            Transcript,
            (Transcript.episode_id == Episode.id) & (Transcript.id == bindparam("transcript_id")),
        )
    )


_FEED_QUERY = _private(FEED)
# An outer join, so that an unknown episode still tells whose feed asked.
_MEDIA_QUERY = _attachments(
    _private([*FEED, *EPISODE, *AUDIO, *PREVIEW, *TRANSCRIPT, Announcement.notice])
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
    select(*EPISODE, *AUDIO, *PREVIEW, *TRANSCRIPT)
    .select_from(Episode)
    .where(Episode.key == bindparam("episode_key")),
    Episode.audio_id,
)
_SHOW: list[Any] = [Show.id, Show.revision]
_SHOW_QUERY = select(*_SHOW).where(Show.slug == bindparam("slug"))


class Lookup:
    """Runs the queries of delivery, each in one round trip, from any thread."""

    def __init__(self, engine: Engine, memory: FeedMemory | None = None) -> None:
        self._engine = engine
        self.memory = memory  # what can be told without a query
        # A pool of our own, without what costs more than the look-up: a question whether the
        # connection lives before each use, and a roll-back after it.
        self._connections = QueuePool(
            self._connect,
            pool_size=MOST_CONNECTIONS,
            max_overflow=0,
            timeout=PATIENCE,
            use_lifo=True,
            reset_on_return=None,
        )
        self._named = engine.dialect.paramstyle == "pyformat"
        self._feed = self._compile(_FEED_QUERY)
        self._media = self._compile(_MEDIA_QUERY)
        self._public = self._compile(_PUBLIC_QUERY)
        self._show = self._compile(_SHOW_QUERY)
        self._things: dict[tuple[str, int], _Named] = {}

    def feed(self, feed_key: str) -> FeedRow | None:
        """The feed with this random id, or None. Without a query where it is remembered."""
        if self.memory is None:
            return self.feed_now(feed_key)
        known = self.memory.get(feed_key)
        if known is not None:
            return known
        before = self.memory.changes
        row = self.feed_now(feed_key)
        if row is not None:
            self.memory.keep(feed_key, row, before)
        return row

    def feed_now(self, feed_key: str) -> FeedRow | None:
        """The feed as it stands in the database at this moment."""
        row = self._one(self._feed, {"feed_key": feed_key})
        return None if row is None else feed_row(row)

    def media(self, feed_key: str, episode_key: str, transcript_id: int = 0) -> MediaRow | None:
        """The feed, and the episode or announcement of its show; None for an unknown feed.

        Everybody asks for the same few new episodes, so what a name stands for is remembered
        until its show changes, and then only the feed is looked up.
        """
        known = self._things.get((episode_key, transcript_id))
        if known is not None:
            feed = self.feed(feed_key)
            if feed is None:
                return None
            if (feed.show_id, feed.revision) == (known.show_id, known.revision):
                return MediaRow(feed, known.episode, known.clip)
        values = {"feed_key": feed_key, "episode_key": episode_key, "transcript_id": transcript_id}
        row = self._one(self._media, values)
        return None if row is None else self._remember(episode_key, transcript_id, row)

    def _remember(self, episode_key: str, transcript_id: int, row: Sequence[Any]) -> MediaRow:
        feed, found = feed_row(row), tuple(row[len(FEED) : -1])
        episode, clip = episode_row(found), clip_row(row[-1], found)
        if episode is not None or clip is not None:
            if len(self._things) >= _KEPT:
                self._things = {}
            # The row is of one moment: this revision goes with this episode.
            named = _Named(feed.show_id, feed.revision, episode, clip)
            self._things[episode_key, transcript_id] = named
        return MediaRow(feed, episode, clip)

    def public(self, episode_key: str, transcript_id: int = 0) -> EpisodeRow | None:
        """The episode with this key in whatever show, or None."""
        values = {"episode_key": episode_key, "transcript_id": transcript_id}
        row = self._one(self._public, values)
        return None if row is None else episode_row(tuple(row))

    def show(self, slug: str) -> tuple[int, int] | None:
        """(id, revision) of a show, or None."""
        row = self._one(self._show, {"slug": slug})
        return None if row is None else (row[0], row[1])

    def close(self) -> None:
        """Close the idle connections."""
        self._connections.dispose()

    def _compile(self, query: Select[Any]) -> tuple[str, list[str]]:
        compiled = query.compile(self._engine)
        return str(compiled), list(compiled.positiontup or [])

    def _one(self, statement: tuple[str, list[str]], values: dict[str, Any]) -> Any:
        sql, order = statement
        parameters = values if self._named else [values[name] for name in order]
        while True:
            borrowed = self._connections.connect()
            connection: Any = borrowed.dbapi_connection
            try:
                row = connection.execute(sql, parameters).fetchone()
            except BaseException as error:
                # The database was restarted meanwhile: others may be lost, too, so it goes on
                # until one is used that is new.
                was_lost = "worked" in borrowed.info and self._is_lost(connection, error)
                borrowed.invalidate()
                if was_lost:
                    continue
                raise
            borrowed.info["worked"] = True
            borrowed.close()
            return row

    def _is_lost(self, connection: Any, error: BaseException) -> bool:
        dialect = self._engine.dialect
        if not isinstance(error, dialect.loaded_dbapi.Error):
            return False
        return dialect.is_disconnect(error, connection, None)

    def _connect(self) -> Any:
        fairy = self._engine.raw_connection()
        fairy.detach()
        connection: Any = fairy.dbapi_connection
        if self._named:  # psycopg: one statement, one round trip, no transaction left open
            connection.autocommit = True
            connection.prepare_threshold = 0
        return connection
