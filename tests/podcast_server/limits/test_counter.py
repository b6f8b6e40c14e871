"""The common counter adds up in the database, and forgets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from podcast_server.database import session_factory
from podcast_server.limits.counter import forget_counts, shared_counter
from podcast_server.limits.models import MinuteCount
from tests.conftest import NOW


@pytest.mark.both_databases
def test_who_counts_at_the_same_time_loses_nothing(engine: Engine) -> None:
    counters = [shared_counter(session_factory(engine), b"secret") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for added in [pool.submit(counters[i % 4], "guess:a", 7, 5) for i in range(20)]:
            added.result()
    assert counters[0]("guess:a", 7, 0) == 100
    assert counters[0]("guess:a", 8, 5) == 5
    assert counters[0]("guess:b", 7, 5) == 5


def test_no_address_is_kept(engine: Engine) -> None:
    shared_counter(session_factory(engine), b"secret")("guess:192.0.2.7", 7, 1)
    with engine.connect() as connection:
        assert "192.0.2.7" not in connection.scalars(select(MinuteCount.key)).one()


def test_minutes_that_are_over_are_forgotten(engine: Engine) -> None:
    sessions = session_factory(engine)
    minute = int(NOW.timestamp() // 60)
    shared_counter(sessions, b"secret")("a", minute, 1)
    with sessions.begin() as session:
        forget_counts(session, NOW + timedelta(minutes=5))
        assert session.scalars(select(MinuteCount.count)).all() == [1]
        forget_counts(session, NOW + timedelta(minutes=30))
        assert session.scalars(select(MinuteCount.count)).all() == []
