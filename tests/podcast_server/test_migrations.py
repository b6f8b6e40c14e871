"""The schema's history leads exactly to the tables the code declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, make_url

from podcast_server.database import (
    DatabaseError,
    migrate,
    open_engine,
    require_current_schema,
)
from podcast_server.tables import declared, metadata
from tests.postgresql import Databases


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    url = f"sqlite:///{tmp_path}/test.sqlite3"
    if request.param == "postgresql":
        url = Databases(request.getfixturevalue("postgresql_url")).create()
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.mark.thorough
def test_migrating_an_empty_database_gives_the_declared_tables(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": declared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)
    require_current_schema(engine)


def test_an_empty_database_is_refused_with_the_command_to_run(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="podcast-server init"):
        require_current_schema(engine)


def test_a_schema_of_a_newer_program_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(DatabaseError, match="newer podcast_server"):
        require_current_schema(engine)


@pytest.mark.slow
def test_postgresql_does_not_spend_time_on_packing_what_is_read_at_once(
    postgresql_url: str,
) -> None:
    engine = open_engine(Databases(postgresql_url).create())
    migrate(engine)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT attstorage FROM pg_attribute"
            " WHERE attrelid = 'hit_parcels'::regclass AND attname = 'hits'"
        ).scalar()
    engine.dispose()
    assert kept == "e"  # outside the row, as it is


@pytest.mark.slow
def test_postgresql_bounds_statements_locks_and_idle_transactions(postgresql_url: str) -> None:
    engine = open_engine(postgresql_url)
    with engine.connect() as connection:
        for name, value in (
            ("statement_timeout", "30s"),
            ("lock_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "5min"),
        ):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar() == value
    engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_keep_every_name_is_refused_with_the_way_to_make_one(
    postgresql_url: str, encoding: str
) -> None:
    server, name = make_url(postgresql_url), f"test_{encoding.lower()}"
    admin = open_engine(postgresql_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
    engine = open_engine(server.set(database=name).render_as_string(hide_password=False))
    with pytest.raises(DatabaseError, match=f"{encoding}.*createdb --encoding UTF8"):
        migrate(engine)
    for each in (engine, admin):
        each.dispose()
