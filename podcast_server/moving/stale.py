"""What must leave the other database before ours can be written over it.

Rows that are gone here, and rows that hold what another row of ours needs: the notice that an
announcement gave up, the address that passed from one member to another. With them go the rows that
point at them; whatever of those is still here is written again afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    UniqueConstraint,
    delete,
    select,
    tuple_,
)

from podcast_server.moving.rows import BATCH, batches_of, digest_of, key_of, loops_of

Key = tuple[Any, ...]


def remove_stale(source: Connection, target: Engine, tables: Sequence[Table]) -> int:
    """Remove from ``target`` what is in the way of ``source``; how many rows.

    ``tables`` are in the order in which they can be written. Cut off anywhere, it leaves a whole
    database, and the next call goes on.
    """
    with target.connect() as reading:
        doomed: dict[Table, set[Key]] = {}
        for table in tables:  # those that are pointed at come first
            doomed[table] = set(_stale(source, reading, table))
            _add_dependents(reading, table, doomed)
    for table in reversed(tables):
        _remove(target, table, sorted(doomed[table], key=str))
    return sum(map(len, doomed.values()))


def _stale(source: Connection, target: Connection, table: Table) -> Iterator[Key]:
    """Keys there that are gone here, or whose rows hold what another row here needs."""
    unique = _unique_sets(table)
    keys = list(table.primary_key.columns)
    for batch in batches_of(target, table):
        wanted = [key_of(row, table) for row in batch]
        # Without a rule of uniqueness the keys alone say all.
        found = source.execute(
            select(*(table.columns if unique else keys)).where(tuple_(*keys).in_(wanted))
        )
        there = {key_of(row, table): digest_of(row) for row in found}
        yield from (key for key in wanted if key not in there)
        differing = [
            row for row in batch if unique and digest_of(row) != there.get(key_of(row, table))
        ]
        for names in unique:
            yield from _in_the_way(source, table, names, differing)


def _in_the_way(
    source: Connection, table: Table, names: Sequence[str], rows: Sequence[Row[Any]]
) -> Iterator[Key]:
    """Keys of those ``rows`` whose unique values belong to a row of another key here."""
    held = {tuple(row._mapping[name] for name in names): key_of(row, table) for row in rows}
    values = [value for value in held if None not in value]
    if not values:
        return
    columns = [table.columns[name] for name in names]
    primary = list(table.primary_key.columns)
    mine = len(columns)
    for row in source.execute(select(*columns, *primary).where(tuple_(*columns).in_(values))):
        value, key = tuple(row)[:mine], tuple(row)[mine:]
        if value in held and held[value] != key:
            yield held[value]


def _unique_sets(table: Table) -> list[tuple[str, ...]]:
    """The sets of columns, beside the key, that no two rows share."""
    rules = [rule.columns for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    rules += [index.columns for index in table.indexes if index.unique]
    return [tuple(column.name for column in rule) for rule in rules]


def _add_dependents(target: Connection, table: Table, doomed: dict[Table, set[Key]]) -> None:
    """The rows of a table that point at rows which go; in one table, also in a row of rows."""
    for column in table.columns:
        for key in column.foreign_keys:
            parent = key.column.table
            if parent is not table and doomed.get(parent):
                gone = [each[0] for each in doomed[parent]]
                doomed[table] |= set(_pointing(target, table, column, gone))
    loops = [table.columns[name] for name in loops_of(table)]
    newest = doomed[table]
    while newest and loops:
        gone = [each[0] for each in newest]
        found = {key for column in loops for key in _pointing(target, table, column, gone)}
        newest = found - doomed[table]
        doomed[table] |= newest


def _pointing(
    target: Connection, table: Table, column: ColumnElement[Any], gone: Sequence[Any]
) -> Iterator[Key]:
    for start in range(0, len(gone), BATCH):
        query = select(*table.primary_key.columns).where(column.in_(gone[start : start + BATCH]))
        yield from (tuple(row) for row in target.execute(query))


def _remove(target: Engine, table: Table, keys: Sequence[Key]) -> None:
    primary = tuple_(*table.primary_key.columns)
    loops = dict.fromkeys(loops_of(table))
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        with target.begin() as writing:
            if loops:  # what goes in a later batch may point at what goes in this one
                writing.execute(table.update().where(primary.in_(keys[start:])).values(loops))
            writing.execute(delete(table).where(primary.in_(part)))
