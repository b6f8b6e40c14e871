"""On PostgreSQL each day's hits lie in a table of their own, which goes as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.expire import expire_raw_hits
from feeds.downloads.models import CountedDay, DailyDownload, RawHit
from feeds.downloads.partitions import AHEAD, name_of, partition_days, prepare_partitions
from feeds.downloads.rollup import roll_up
from podcast_server.database import migrate, open_engine, session_factory
from tests.feeds.downloads.hits import MONDAY, RULES, media_hit, store
from tests.postgresql import Databases

pytestmark = pytest.mark.slow
Sessions = sessionmaker[Session]
DAY = MONDAY.date()
LATE = MONDAY + timedelta(days=40)


@pytest.fixture
def engine(migrated_postgresql: Databases) -> Iterator[Engine]:
    engine = open_engine(migrated_postgresql.create())
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    factory = session_factory(engine)
    prepare_partitions(factory, DAY)
    return factory


def rows_of(sessions: Sessions, table: str) -> int:
    with sessions() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def hits(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(RawHit)) or 0


def days(sessions: Sessions) -> list[date]:
    with sessions() as session:
        return partition_days(session)


def test_a_migrated_database_has_tables_for_today_and_the_days_to_come(
    postgresql_url: str,
) -> None:
    today = datetime.now(UTC).date()  # not the day on which the tests began
    engine = open_engine(Databases(postgresql_url).create())
    migrate(engine)
    wanted = {today + timedelta(days=ahead) for ahead in range(AHEAD)}
    there = set(days(session_factory(engine)))
    engine.dispose()
    assert wanted <= there


def test_hits_lie_in_the_table_of_their_day(sessions: Sessions) -> None:
    store(sessions, media_hit(), media_hit(at=MONDAY.timestamp() + 86_400))
    assert rows_of(sessions, name_of(DAY)) == rows_of(sessions, name_of(DAY + timedelta(1))) == 1


def test_days_are_prepared_once(sessions: Sessions) -> None:
    assert prepare_partitions(sessions, DAY) == []
    assert prepare_partitions(sessions, DAY + timedelta(1)) == [DAY + timedelta(AHEAD + 1)]


def test_a_hit_of_a_day_without_a_table_is_kept_in_the_rest(sessions: Sessions) -> None:
    store(sessions, media_hit(at=MONDAY.timestamp() - 86_400))
    assert (rows_of(sessions, "raw_hits_rest"), hits(sessions)) == (1, 1)
    # Its day gets no table any more, which would have to take the hit over.
    assert prepare_partitions(sessions, DAY - timedelta(1)) == []


def test_a_counted_day_is_forgotten_with_its_table(sessions: Sessions) -> None:
    store(sessions, media_hit(), media_hit(episode_key="two"))
    roll_up(sessions, RULES, LATE)
    assert expire_raw_hits(sessions, LATE, keep_days=14) == 2
    assert DAY not in days(sessions)
    assert hits(sessions) == 0
    with sessions() as session:
        assert session.scalar(select(func.sum(DailyDownload.downloads))) == 2
        assert set(session.scalars(select(CountedDay.raw_expired))) == {True}


def test_a_day_that_is_not_counted_keeps_its_table(sessions: Sessions) -> None:
    store(sessions, media_hit())
    roll_up(sessions, RULES, LATE)
    store(sessions, media_hit(episode_key="two"))
    expire_raw_hits(sessions, LATE, keep_days=14)
    assert DAY in days(sessions)
    assert hits(sessions) >= 1


def test_a_day_that_somebody_reads_is_forgotten_next_time(sessions: Sessions) -> None:
    store(sessions, media_hit())
    roll_up(sessions, RULES, LATE)
    with sessions() as reader:
        reader.execute(text("SELECT * FROM raw_hits"))
        expire_raw_hits(sessions, LATE, keep_days=14)
        assert DAY in days(sessions)
    expire_raw_hits(sessions, LATE, keep_days=14)
    assert DAY not in days(sessions)


def test_a_hit_that_comes_while_its_day_is_dropped_is_kept(sessions: Sessions) -> None:
    store(sessions, media_hit())
    roll_up(sessions, RULES, LATE)
    late = threading.Thread(target=store, args=(sessions, media_hit(episode_key="two")))
    late.start()
    expire_raw_hits(sessions, LATE, keep_days=14)
    late.join()
    with sessions() as session:
        kept = session.scalars(select(RawHit.episode_key)).all()
        expired = session.scalars(
            select(CountedDay.raw_expired).where(CountedDay.episode_key == "two")
        ).all()
    assert "two" in kept or expired == [True]
