"""Read everything from the database at one moment, into files that wait to be sent.

The rows are written down before the first byte goes out: audio takes hours, and no database
should be held open for so long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.moving.archive.content import SmallFile, StoredFile, show_files
from podcast_server.moving.archive.kinds import LISTED, Kind
from podcast_server.moving.archive.layout import EPISODE_FILE, README
from podcast_server.moving.archive.lines import write_records
from podcast_server.moving.archive.values import record_of

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Gathered:
    """Files below ``folder``, in the order they were made, and objects still in the storage."""

    folder: Path
    made: list[str]
    stored: list[StoredFile]
    counts: dict[str, int]


def gather(
    engine: Engine,
    folder: Path,
    *,
    public_url: str,
    feeds_at: str,
    with_hits: bool,
    now: datetime,
) -> Gathered:
    """Write all records below ``folder``; memory holds a batch of them and the list of files."""
    options: dict[str, Any] = {"read_only": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    gathered = Gathered(folder, [], [], Counter())
    _place(gathered, README, resources.files(__package__).joinpath("readme.txt").read_bytes())
    with Session(engine.execution_options(**options)) as session:
        for kind in LISTED:
            if with_hits or not kind.optional:
                _list(session, kind, gathered, final=not with_hits)
        for slug in session.scalars(select(Show.slug).order_by(Show.id)).all():
            show = session.scalars(select(Show).where(Show.slug == slug)).one()
            gathered.counts["shows"] += 1
            for file in show_files(session, show, public_url, now, feeds_at=feeds_at):
                _take(gathered, file)
    return gathered


def _take(gathered: Gathered, file: SmallFile | StoredFile) -> None:
    if isinstance(file, StoredFile):
        gathered.stored.append(file)
        return
    gathered.counts["episodes"] += file.path.endswith(f"/{EPISODE_FILE}")
    _place(gathered, file.path, file.data)


def _place(gathered: Gathered, path: str, data: bytes) -> None:
    target = gathered.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    gathered.made.append(path)


def _list(session: Session, kind: Kind, gathered: Gathered, *, final: bool) -> None:
    target = gathered.folder / kind.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        records = _records(session, kind, final=final)
        gathered.counts[kind.table_name] = write_records(kind, records, file)
    gathered.made.append(kind.path)


def _records(session: Session, kind: Kind, *, final: bool) -> Iterator[dict[str, Any]]:
    table = kind.table
    query = select(table).order_by(*table.primary_key.columns)
    result = session.connection().execution_options(yield_per=_BATCH).execute(query)
    for row in result:
        record = record_of(kind, dict(row._mapping))
        if final and "raw_expired" in record:
            # Without its hits a day cannot be counted again: what was counted stays.
            record["raw_expired"] = True
        yield record
