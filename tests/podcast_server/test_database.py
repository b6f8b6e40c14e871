"""The engine of the database."""

from __future__ import annotations

import gc

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from podcast_server.database import open_engine

pytestmark = pytest.mark.slow


def test_a_connection_that_is_lost_while_rows_are_read_leaves_no_open_cursor(
    postgresql_url: str,
) -> None:
    """A cursor left open would warn when it is collected, which fails this test."""
    ours, other = open_engine(postgresql_url), create_engine(postgresql_url)
    with ours.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        rows = connection.execution_options(yield_per=10).execute(
            text("SELECT generate_series(1, 100000)")
        )
        assert rows.fetchone()
        with other.connect() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError):
            list(rows)
    del rows
    gc.collect()
    ours.dispose()
    other.dispose()
