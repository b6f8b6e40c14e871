"""Raw hits on PostgreSQL: each UTC day in a table of its own, so that a day is forgotten by
dropping one, whose rows need no clearing up.

What has no day's table (the worker was away, a clock is wrong) lies in a table of the rest. A
database without partitions, as SQLite, is no error: there is nothing to do then.
https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

PREFIX = "raw_hits_"
AHEAD = 7  # days that have a table before they begin

_DAYS = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
    "JOIN pg_class parent ON parent.oid = inhparent "
    "WHERE parent.relname = 'raw_hits' AND parent.relkind = 'p' "
    "AND pg_table_is_visible(parent.oid) AND child.relname LIKE 'raw\\_hits\\_d%'"
)
_PARTITIONED = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass('raw_hits')")
_IN_THE_REST = text("SELECT 1 FROM raw_hits_rest WHERE day = :day LIMIT 1")


def name_of(day: date) -> str:
    """The table of a day's hits."""
    return f"{PREFIX}d{day:%Y%m%d}"


def partition_days(session: Session) -> list[date]:
    """The days that have a table of their own, oldest first."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    names = session.scalars(_DAYS)
    return sorted(date.fromisoformat(name.removeprefix(f"{PREFIX}d")) for name in names)


def prepare_partitions(sessions: sessionmaker[Session], today: date) -> list[date]:
    """Make the tables of today and the next days where they lack; gives the days."""
    made = []
    for day in _missing(sessions, today):
        with sessions.begin() as session:
            if session.scalar(_IN_THE_REST, {"day": day}):
                continue  # whose hits lie in the rest stays there
            name = name_of(day)
            # Made apart and attached, which lets others read and write the hits meanwhile.
            session.execute(text(f"CREATE TABLE {name} (LIKE raw_hits INCLUDING DEFAULTS)"))
            session.execute(text(f"ALTER TABLE raw_hits ATTACH PARTITION {name} {_bounds(day)}"))
            made.append(day)
    return made


def _missing(sessions: sessionmaker[Session], today: date) -> Iterator[date]:
    with sessions() as session:
        if session.get_bind().dialect.name != "postgresql" or not session.scalar(_PARTITIONED):
            return
        there = set(partition_days(session))
    for ahead in range(AHEAD + 1):
        day = today + timedelta(days=ahead)
        if day not in there:
            yield day


def _bounds(day: date) -> str:
    return f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"


def lock_day(session: Session, day: date) -> bool:
    """Keep everybody out of a day's table for this transaction; False where others are in it for
    longer than two seconds, who must not be followed by a queue."""
    try:
        session.execute(text("SET LOCAL lock_timeout = '2s'"))
        session.execute(text(f"LOCK TABLE raw_hits, {name_of(day)} IN ACCESS EXCLUSIVE MODE"))
    except OperationalError:
        log.info("the hits of %s are in use: they are forgotten next time", day)
        return False
    return True


def drop_day(session: Session, day: date) -> int:
    """Forget a day's table; returns how many hits were in it."""
    name = name_of(day)
    count = session.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
    session.execute(text(f"DROP TABLE {name}"))
    return int(count or 0)
