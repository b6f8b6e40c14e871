"""Move all rows into another, empty database: resumable, and verified table by table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, select

from podcast_server.database import migrate, require_current_schema, schema_versions
from podcast_server.moving.errors import MoveError
from podcast_server.moving.rows import continue_numbers, make_equal, prove
from podcast_server.moving.stale import remove_stale
from podcast_server.tables import metadata

Progress = Callable[[str, int], None]

# What triggers count there, and what migrating left there.
_OF_ITS_OWN = frozenset({"access_changes", "fitting_schemas"})


@dataclass(frozen=True, slots=True)
class Moved:
    """A finished and verified move. ``changed``: rows that this run wrote or removed."""

    tables: int
    rows: int
    changed: int


def move_database(source: Engine, target: Engine, progress: Progress) -> Moved:
    """Make ``target`` an exact copy of ``source``; run again to take over what changed since.

    The source is read at one moment and not changed, so the server may run meanwhile; the last
    run is made while it is stopped. Raises MoveError, DatabaseError.
    """
    _refuse_same(source, target)
    require_current_schema(source)
    _prepare(source, target)
    tables = [table for table in metadata.sorted_tables if table.name not in _OF_ITS_OWN]
    rows = 0
    with _one_moment(source).connect() as reading:
        changed = remove_stale(reading, target, tables)
        for table in tables:
            count = make_equal(reading, target, table)
            continue_numbers(target, table)
            progress(table.name, count)
            changed += count
        with target.connect() as copied:
            for table in tables:
                ours, theirs = prove(reading, table), prove(copied, table)
                if ours != theirs:
                    raise MoveError(
                        f"{table.name} differs after copying ({ours.rows} rows here, "
                        f"{theirs.rows} there): is something else writing there? Run it again"
                    )
                rows += ours.rows
    return Moved(len(tables), rows, changed)


def _one_moment(source: Engine) -> Engine:
    """All that one connection reads is of the same moment, whoever writes meanwhile."""
    if source.dialect.name == "postgresql":
        return source.execution_options(isolation_level="REPEATABLE READ")
    return source.execution_options(read_only=True)


def _refuse_same(source: Engine, target: Engine) -> None:
    if source.url == target.url:
        raise MoveError("that is the database in use: name another one")


def _prepare(source: Engine, target: Engine) -> None:
    present, needed = schema_versions(target)
    if present is None:
        migrate(target)
        return
    if present != needed:
        raise MoveError(f"the other database has schema {present}, not {needed}: empty it first")
    _refuse_strange(source, target)


def _refuse_strange(source: Engine, target: Engine) -> None:
    """A database that another installation lives in is not overwritten."""
    members = metadata.tables["shows"]
    addresses = select(members.c.id, members.c.slug)
    with source.execution_options(read_only=True).connect() as ours, target.connect() as theirs:
        here = {row.id: row.slug for row in ours.execute(addresses)}
        for row in theirs.execute(addresses):
            if here.get(row.id) != row.slug:
                raise MoveError(
                    f"the other database holds a show of another installation ({row.slug}): "
                    "name an empty database"
                )
