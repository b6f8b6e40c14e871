"""On PostgreSQL a migration does not make everybody wait for the slowest reader."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import Engine

from podcast_server.database import (
    DatabaseError,
    _alembic_config,
    migrate,
    open_engine,
    require_current_schema,
    schema_versions,
)
from tests.postgresql import Databases
from tests.running import PATIENCE

pytestmark = pytest.mark.slow
BEFORE = "ae5be3550f32"  # the next step changes the tables that every poll reads


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    """A database of some versions ago."""
    engine = open_engine(Databases(postgresql_url).create())
    command.upgrade(_alembic_config(engine), BEFORE)
    yield engine
    engine.dispose()


def longest_poll(engine: Engine, stop: threading.Event) -> float:
    """Seconds that the slowest of many polls took."""
    longest = 0.0
    while not stop.is_set():
        began = time.monotonic()
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM access")
            connection.exec_driver_sql("SELECT count(*) FROM private_feeds")
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.02)
    return longest


def test_a_migration_gives_way_to_a_long_reader_and_is_done_when_it_ends(engine: Engine) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        with engine.connect() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM access, private_feeds, shows")
            polling = pool.submit(longest_poll, engine, stop)
            migrating = pool.submit(migrate, engine, pause=0.5)
            time.sleep(9)
            assert not migrating.done()
        migrating.result(PATIENCE)
        stop.set()
        assert polling.result(PATIENCE) < 6  # not the reader's nine seconds
    require_current_schema(engine)


def test_a_reader_that_never_ends_makes_it_say_so_and_nothing_is_changed(engine: Engine) -> None:
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM access, private_feeds, shows")
        with pytest.raises(DatabaseError, match="nothing was changed"):
            migrate(engine, attempts=2, pause=0.1)
    assert schema_versions(engine)[0] == BEFORE
