"""Bring an archive's records into an empty database, under the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from podcast_server.moving.archive.kinds import CONTENT, LISTED, Kind
from podcast_server.moving.archive.reading import (
    EpisodeRows,
    Row,
    read_episodes,
    read_rows,
    read_shows,
)
from podcast_server.moving.archive.source import Source
from podcast_server.moving.errors import ArchiveError
from podcast_server.moving.rows import loops_of, set_number
from podcast_server.tables import metadata

_BATCH = 500


def is_empty(connection: Connection) -> bool:
    """Whether nothing is here that an archive brings; staff may be."""
    tables = (kind.table for kind in (*CONTENT, *LISTED))
    return all(
        connection.execute(select(1).select_from(t).limit(1)).first() is None for t in tables
    )


def bring_rows(connection: Connection, source: Source) -> None:
    """Insert everything within the caller's transaction. Raises ArchiveError."""
    _bring_content(connection, source)
    place = {table.name: number for number, table in enumerate(metadata.sorted_tables)}
    for kind in sorted(LISTED, key=lambda kind: place[kind.table_name]):
        _bring_kind(connection, source, kind)


def _bring_content(connection: Connection, source: Source) -> None:
    shows = read_shows(source)
    put(connection, "shows", [each.show for each in shows.values()])
    put(connection, "tiers", [tier for each in shows.values() for tier in each.tiers])
    spoken = {row["id"]: row for each in shows.values() for row in each.audio}
    put(connection, "audio", list(spoken.values()))
    put(connection, "announcements", [row for each in shows.values() for row in each.announcements])
    seen = set(spoken)
    for slug, rows in shows.items():
        episodes = read_episodes(source, slug, rows.show["id"])
        while batch := list(islice(episodes, _BATCH)):
            put_episodes(connection, batch, seen)
    for kind in CONTENT:
        set_number(connection, kind.table)


def put_episodes(connection: Connection, batch: list[EpisodeRows], seen_audio: set[int]) -> None:
    """Insert episodes with what belongs to them; one file may be the audio of two."""
    audio = {row["id"]: row for each in batch for row in each.audio if row["id"] not in seen_audio}
    seen_audio.update(audio)
    put(connection, "audio", list(audio.values()))
    put(connection, "episodes", [each.episode for each in batch])
    put(connection, "episode_versions", [row for each in batch for row in each.versions])
    put(connection, "transcripts", [row for each in batch for row in each.transcripts])


def _bring_kind(connection: Connection, source: Source, kind: Kind) -> None:
    loops = loops_of(kind.table)
    for batch in _batches(read_rows(source, kind)):
        put(connection, kind.table_name, [row | dict.fromkeys(loops) for row in batch])
    for name in loops:  # pointers between rows of one table, once all of them are there
        pointing = (row for row in read_rows(source, kind) if row[name] is not None)
        for batch in _batches(pointing):
            _point(connection, kind.table, name, batch)
    set_number(connection, kind.table)


def _point(connection: Connection, table: Table, name: str, rows: list[Row]) -> None:
    statement = (
        update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam("target")})
    )
    values = [{"row_id": row["id"], "target": row[name]} for row in rows]
    _run(connection, statement, values, table.name)


def put(connection: Connection, table_name: str, rows: list[Row]) -> None:
    """Insert rows. Raises ArchiveError where they do not fit together."""
    if rows:
        _run(connection, insert(metadata.tables[table_name]), rows, table_name)


def _run(connection: Connection, statement: Any, values: list[Row], table_name: str) -> None:
    try:
        connection.execute(statement, values)
    except (IntegrityError, DataError) as error:
        raise ArchiveError(
            f"the archive's {table_name.replace('_', ' ')} do not fit together ({error.orig})"
        ) from error


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield batch
