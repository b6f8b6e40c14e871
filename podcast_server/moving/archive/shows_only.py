"""Add an archive's shows to a server in use: episodes and files under new numbers, no people."""

from __future__ import annotations

from sqlalchemy import Connection, insert, or_, select
from sqlalchemy.exc import IntegrityError

from podcast_server.moving.archive.reading import EpisodeRows, Row, read_episodes, read_shows
from podcast_server.moving.archive.rows import put
from podcast_server.moving.archive.source import Source
from podcast_server.moving.errors import ArchiveError
from podcast_server.tables import metadata

_SHOWS = metadata.tables["shows"]


def refuse_known(connection: Connection, source: Source) -> None:
    """Raises ArchiveError for a show that is here already, by address or by podcast:guid."""
    for slug, rows in read_shows(source).items():
        guids = (rows.show["podcast_guid"], rows.show["private_podcast_guid"])
        known = connection.execute(
            select(_SHOWS.c.slug).where(
                or_(
                    _SHOWS.c.slug == slug,
                    _SHOWS.c.podcast_guid.in_(guids),
                    _SHOWS.c.private_podcast_guid.in_(guids),
                )
            )
        ).first()
        if known is not None:
            raise ArchiveError(f"the show “{known.slug}” is here already: nothing was changed")


def bring_shows(connection: Connection, source: Source) -> None:
    """Insert all shows with new numbers within the caller's transaction. Raises ArchiveError."""
    for slug, rows in read_shows(source).items():
        show_id = _numbered(connection, "shows", rows.show)
        tiers = {
            tier["id"]: _numbered(connection, "tiers", tier | {"show_id": show_id})
            for tier in rows.tiers
        }
        episodes = list(read_episodes(source, slug, show_id))
        audio = {
            row["id"]: _numbered(connection, "audio", row | {"show_id": show_id})
            for row in {each["id"]: each for each in rows.audio}.values()
        }
        put(
            connection,
            "announcements",
            [
                _unnumbered(row) | {"show_id": show_id, "audio_id": audio[row["audio_id"]]}
                for row in rows.announcements
            ],
        )
        for episode in sorted(episodes, key=lambda each: int(each.episode["id"])):
            _bring_episode(connection, episode, tiers, audio)


def _bring_episode(
    connection: Connection, rows: EpisodeRows, tiers: dict[int, int], audio: dict[int, int]
) -> None:
    for row in rows.audio:
        if row["id"] not in audio:
            audio[row["id"]] = _numbered(connection, "audio", row)
    episode = rows.episode
    new = {
        "tier_ids": [tiers[each] for each in episode["tier_ids"] if each in tiers],
        "audio_id": audio.get(episode["audio_id"]),
        "preview_audio_id": audio.get(episode["preview_audio_id"]),
    }
    episode_id = _numbered(connection, "episodes", episode | new)
    for table, belonging in (
        ("episode_versions", rows.versions),
        ("transcripts", rows.transcripts),
    ):
        put(connection, table, [_unnumbered(row) | {"episode_id": episode_id} for row in belonging])


def _numbered(connection: Connection, table_name: str, row: Row) -> int:
    """Insert a row under the next free number, and give that."""
    table = metadata.tables[table_name]
    try:
        done = connection.execute(insert(table).values(_unnumbered(row)))
    except IntegrityError as error:
        raise ArchiveError(
            f"one of the archive's {table_name} is here already ({error.orig})"
        ) from error
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def _unnumbered(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}
