"""Look-ups take few connections, and are back by themselves when the database is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import TimeoutError as NoneFree

from feeds.delivery import lookup as lookups
from feeds.delivery.lookup import MOST_CONNECTIONS, Lookup

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("engine", ["postgresql"], indirect=True),
]
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
CROWD = 60


@pytest.fixture
def lookup(engine: Engine) -> Iterator[Lookup]:
    made = Lookup(engine)
    yield made
    made.close()


def all_at_once(lookup: Lookup) -> None:
    """Many threads ask for feeds that are not there."""
    together = Barrier(CROWD)

    def ask(number: int) -> None:
        together.wait()
        for _ in range(5):
            assert lookup.feed_now(f"nobody{number}") is None

    with ThreadPoolExecutor(CROWD) as threads:
        list(threads.map(ask, range(CROWD)))


def test_a_crowd_shares_a_few_connections(engine: Engine, lookup: Lookup) -> None:
    made = []
    event.listen(engine, "connect", lambda *_: made.append(1))
    all_at_once(lookup)
    assert 1 <= len(made) <= MOST_CONNECTIONS


def test_every_connection_that_was_lost_is_replaced_without_anybody_noticing(
    engine: Engine, lookup: Lookup
) -> None:
    all_at_once(lookup)
    with engine.begin() as connection:
        lost = connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}")).all()
    assert lost
    all_at_once(lookup)


def test_where_none_becomes_free_the_wait_has_an_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(lookups, "PATIENCE", 0.1)
    lookup = Lookup(engine)
    taken = lookup._connections.connect()
    with pytest.raises(NoneFree):
        lookup.feed_now("nobody")
    taken.close()
    assert lookup.feed_now("nobody") is None
    lookup.close()
