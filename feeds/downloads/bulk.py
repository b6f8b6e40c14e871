"""Many rows in few statements.

The drivers' own way, a statement for each row, lets other threads in between any two of them
(SQLite) or costs the server a round of work each (PostgreSQL, where COPY is made for this);
beside a busy web server that is dearer than the writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError

ROWS = 200  # in one statement; of at most 32 766 values (SQLite's bound), so up to 160 columns
# In one COPY: on a busy machine hundreds of thousands take longer than a statement may.
COPIED_ROWS = 20_000


def insert_rows(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose values stand in the order of ``names``. Raises SQLAlchemy's errors."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, rows)
        return
    processors = _processors(table, names, connection.dialect)
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        values = [value for row in some for value in row]
        for place, process in processors:
            values[place :: len(names)] = map(process, values[place :: len(names)])
        statement = _statement(table.name, names, len(some))
        connection.exec_driver_sql(statement, tuple(values))


def _copy(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    driver: Any = connection.connection.dbapi_connection
    try:
        for start in range(0, len(rows), COPIED_ROWS):
            with driver.cursor().copy(statement) as copy:
                for row in rows[start : start + COPIED_ROWS]:
                    copy.write_row(row)
    except psycopg.Error as error:
        raise cast(
            "DBAPIError",
            DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect),
        ) from error


@lru_cache(maxsize=16)
def _processors(table: Table, names: tuple[str, ...], dialect: Dialect) -> list[tuple[int, Any]]:
    """Which columns' values the driver wants otherwise, and how to make them so."""
    found = [(i, table.c[name].type.bind_processor(dialect)) for i, name in enumerate(names)]
    return [(i, process) for i, process in found if process is not None]


@lru_cache(maxsize=2 * ROWS)
def _statement(table: str, names: tuple[str, ...], count: int) -> str:
    group = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([group] * count)}"  # noqa: S608
