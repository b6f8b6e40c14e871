"""Make one table of another database equal to ours, batch by batch, and prove that it is.

Only rows that differ are written. So a copy that was cut off goes on where it stopped, and a second
one after a copy of the running server takes seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, inspect, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

BATCH = 500
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Proof:
    """A table's rows in number and in content, whatever their order."""

    rows: int
    checksum: int


def make_equal(source: Connection, target: Engine, table: Table) -> int:
    """Write into ``target`` what differs; how many rows were written."""
    loops = loops_of(table)
    changed = 0
    if loops:  # first without the pointers between its own rows, then with them
        changed = _write_differences(source, target, table, leave_out=loops)
    changed += _write_differences(source, target, table, leave_out=[])
    return changed


def prove(connection: Connection, table: Table) -> Proof:
    """Count and checksum of a table, the same on every kind of database."""
    rows = checksum = 0
    for batch in batches_of(connection, table):
        rows += len(batch)
        for row in batch:
            checksum = (checksum + digest_of(row)) & _MASK
    return Proof(rows, checksum)


def continue_numbers(target: Engine, table: Table) -> None:
    """Let the next row get a number after the copied ones (PostgreSQL)."""
    if target.dialect.name == "postgresql":
        with target.begin() as connection:
            set_number(connection, table)


def set_number(connection: Connection, table: Table) -> None:
    """The same within a transaction."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    newest = connection.scalar(select(func.max(column)))
    if sequence and newest:
        connection.execute(select(func.setval(sequence, newest)))


def loops_of(table: Table) -> list[str]:
    """The columns that point at other rows of the same table."""
    return [
        column.name
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]


def _write_differences(
    source: Connection, target: Engine, table: Table, *, leave_out: Sequence[str]
) -> int:
    changed = 0
    keys = list(table.primary_key.columns)
    for batch in batches_of(source, table):
        with target.begin() as writing:
            wanted = [key_of(row, table) for row in batch]
            found = writing.execute(select(table).where(tuple_(*keys).in_(wanted)))
            there = {key_of(row, table): digest_of(row) for row in found}
            differing = [
                row
                for row in batch
                if (digest := there.get(key_of(row, table))) is None
                or (not leave_out and digest != digest_of(row))
            ]
            if differing:
                _upsert(writing, table, [_values(row, leave_out) for row in differing])
            changed += len(differing)
    return changed


def _upsert(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    keys = {column.name for column in table.primary_key.columns}
    others = {name: insert.excluded[name] for name in values[0] if name not in keys}
    order = _key_of(connection, table)
    if others:
        insert = insert.on_conflict_do_update(index_elements=order, set_=others)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=order)
    connection.execute(insert, values)


def _key_of(connection: Connection, table: Table) -> list[str]:
    """What tells rows apart there: a table that PostgreSQL has in parts needs their bound, too."""
    return inspect(connection).get_pk_constraint(table.name)["constrained_columns"]


def _values(row: Row[Any], leave_out: Sequence[str]) -> dict[str, Any]:
    return {name: None if name in leave_out else value for name, value in row._mapping.items()}


def key_of(row: Row[Any], table: Table) -> tuple[Any, ...]:
    """A row's primary key."""
    return tuple(row._mapping[column.name] for column in table.primary_key.columns)


def batches_of(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """All rows of a table, never many at once in memory."""
    result = connection.execution_options(yield_per=BATCH).execute(select(table))
    yield from result.partitions(BATCH)


def digest_of(row: Row[Any]) -> int:
    """A row's content as a number. Values come typed, so both kinds of database agree."""
    plain = json.dumps(list(row), default=_plain, sort_keys=True)
    return int.from_bytes(hashlib.blake2b(plain.encode(), digest_size=8).digest())


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
