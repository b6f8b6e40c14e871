"""The database: one engine for the process, sessions for the edges, schema version checks."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, ExceptionContext, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from episodes.commit_mark import CommitMark, marking_connection
from podcast_server.fitting import fits
from podcast_server.private import make_private_file, make_private_folder

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 10_000
_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseError(Exception):
    """The database cannot be used as it is; the text says how to mend that."""


class SchemaIsNewer(DatabaseError):
    """A newer program has migrated. Whoever runs already goes on: migrations only add."""


def open_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL (statement time limit)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connect_args: dict[str, Any] = {}
        if parsed.database and parsed.database != ":memory:":
            make_private_folder(Path(parsed.database).parent)
            make_private_file(Path(parsed.database))
            with suppress(OSError):  # then changes are noticed some seconds later
                connect_args["factory"] = marking_connection(commit_mark(parsed.database))
        engine = create_engine(
            url, pool_size=20, max_overflow=60, connect_args=connect_args, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_in_turn())
        return engine
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged, and reported: values name people
        # No request waits longer: neither for a connection, nor for a statement or a lock, and
        # a process that hangs does not hold its locks for ever. In milliseconds but the first.
        connect_args={
            "connect_timeout": 10,
            "client_encoding": "utf8",  # whatever the database has
            "options": "-c statement_timeout=30000 -c lock_timeout=15000 "
            "-c idle_in_transaction_session_timeout=300000 -c timezone=utc "
            # A host that lost its power is found out within a minute, and its locks are let go.
            "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4",
        },
        pool_timeout=10,
    )
    event.listen(engine, "handle_error", _close_cursor_of_lost_connection)
    return engine


@lru_cache(maxsize=16)
def commit_mark(database: str) -> CommitMark:
    """The mark that processes beside this SQLite file leave after each commit.

    Raises OSError where there can be none.
    """
    return CommitMark(Path(database))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction handling delays BEGIN; ours is explicit (_begin_in_turn).
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-512",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _close_cursor_of_lost_connection(context: ExceptionContext) -> None:
    # SQLAlchemy leaves it to the garbage collector, and psycopg then warns that it was open.
    cursor = getattr(context.execution_context, "cursor", None)
    if context.is_disconnect and cursor is not None:
        with suppress(psycopg.Error):
            cursor.close()


def _begin_in_turn() -> Callable[[Any], None]:
    """How transactions of one engine begin: those that write, one after the other.

    SQLite keeps no queue: who waits asks again, the longer they wait the less often, and whoever
    comes just then is served before them. With dozens who write at once some found it locked for
    all of the time they had. So only one thread of a process asks, and the others wait for that.
    """
    turn = threading.Lock()

    def begin(connection: Any) -> None:
        # A transaction that starts reading and then writes fails at once if another wrote
        # meanwhile (SQLITE_BUSY_SNAPSHOT, no waiting); taking the write lock first waits instead.
        if connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        is_ours = turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            if is_ours:
                turn.release()

    return begin


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads and, on SQLite, never waits for a writer."""
    with Session(engine.execution_options(read_only=True), expire_on_commit=False) as session:
        yield session


def database_now(engine: Engine) -> datetime:
    """The time by the database's clock, aware: one for all who share it, whatever theirs say."""
    with reading(engine) as session:
        if engine.dialect.name == "sqlite":
            text = session.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f", "now")))
            return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
        found: datetime = session.scalars(select(func.clock_timestamp())).one()
        return found.astimezone(UTC)


def _alembic_config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def schema_versions(engine: Engine) -> tuple[str | None, str | None]:
    """(version the database has, version this program needs); None where there is none."""
    with engine.execution_options(read_only=True).connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present, _newest_version()


@cache
def _newest_version() -> str | None:
    # Reading all migrations takes longer than all else a readiness check does.
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()


def require_unicode(engine: Engine) -> None:
    """Raise DatabaseError if a PostgreSQL database keeps anything but Unicode, as those do that
    were made on a machine without a language."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database keeps text as {encoding}, not as UTF8: make it anew by "
            "`createdb --encoding UTF8 --template template0`"
        )


def migrate(engine: Engine, *, attempts: int = 20, pause: float = 5.0) -> None:
    """Bring the schema to the version this program needs. Safe to run again.

    Where others hold what is to be changed it gives way to them and tries again, ``pause``
    seconds later. Raises DatabaseError where they hold it to the last attempt, and where a new
    database could not keep every name.
    """
    if schema_versions(engine)[0] is None:
        require_unicode(engine)
    for _attempt in range(attempts):
        try:
            command.upgrade(_alembic_config(engine), "head")
            return
        except OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
            log.info("a table is in use: the migration tries again in %s s", pause)
        time.sleep(pause)
    raise DatabaseError(
        "others held on to tables that have to be changed: nothing was changed. "
        "Try again when no long query and no backup runs"
    )


def require_fitting_schema(engine: Engine) -> None:
    """Raise DatabaseError unless this program may run on the schema: its own, or a newer one
    that has only been added to."""
    try:
        require_current_schema(engine)
    except SchemaIsNewer as newer:
        needed = schema_versions(engine)[1]
        with engine.execution_options(read_only=True).connect() as connection:
            if not fits(connection, needed):
                raise
        log.warning("%s; it fits this one, too", newer.args[0].partition(":")[0])


def require_current_schema(engine: Engine) -> None:
    """Raise DatabaseError unless the schema is the one this program needs."""
    present, needed = schema_versions(engine)
    if present == needed:
        return
    if present is None:
        raise DatabaseError("the database is empty: run `podcast-server init` first")
    known = {
        script.revision
        for script in ScriptDirectory.from_config(_alembic_config(engine)).walk_revisions()
    }
    if present not in known:
        raise SchemaIsNewer(
            f"the database has schema {present}, made by a newer podcast_server: "
            "install that version, or restore a backup made before the upgrade"
        )
    raise DatabaseError(
        f"the database has schema {present}, this version needs {needed}: "
        "make a backup, then run `podcast-server migrate`"
    )
