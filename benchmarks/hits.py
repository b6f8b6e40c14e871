"""A day of very many downloads: ``python -m benchmarks.hits [--hits=10000000] [PostgreSQL]``.

Raw hits of one UTC day, a quarter of them of one new episode, are written, counted, counted again
after one more hit, and forgotten. What is compared with: reading the same rows and doing nothing.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, cast

from sqlalchemy import Table, insert, select, text

from benchmarks import scale as scales
from benchmarks.listening import APPS
from benchmarks.servers import DATABASES, places
from feeds.downloads.agents import built_in_agents
from feeds.downloads.bulk import insert_rows
from feeds.downloads.count import CountingRules
from feeds.downloads.expire import expire_raw_hits
from feeds.downloads.models import CountedDay, RawHit
from feeds.downloads.partitions import prepare_partitions
from feeds.downloads.rollup import roll_up
from podcast_server.services import Services

DAY = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
EPISODES = 200
AT_ONCE = 10_000
NAMES = (
    "at", "day", "episode_key", "feed_id", "member_id", "method", "status", "range_start",
    "range_end", "bytes_served", "file_bytes", "minute_bytes", "ip_hash", "user_agent",
    "country", "feed_app",
)  # fmt: skip


def main() -> None:
    """Print what a million hits take, for each database, or for those named."""
    hits = scales.chosen().hits
    print(f"{hits:,} hits on one day, {EPISODES} episodes, {hits // 4:,} of them of one")
    for database in [word for word in sys.argv if word in DATABASES] or DATABASES:
        with places([database]) as [place], place.services() as services:
            _print(database, services, hits)


def _print(database: str, services: Services, hits: int) -> None:
    rules = CountingRules(classify=built_in_agents())
    print(f"\n{database:34}{'seconds':>10}{'hits a second':>16}")

    def timed(what: str, work: Callable[[], object], of: int = hits) -> float:
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        print(f"{what:34}{took:10.1f}{of / took:16,.0f}", flush=True)
        return took

    timed("written", lambda: _write(services, hits))
    if database == "PostgreSQL":
        print(f"{'bytes a hit, indexes included':34}{_size(services) / hits:10.0f}")
    reading = timed("read, nothing done with them", lambda: _read(services))
    before = _peak()
    counting = timed("counted", lambda: _count(services, rules))
    print(f"{'counted ÷ read':34}{counting / reading:10.2f}")
    print(f"{'memory that counting took, MB':34}{(_peak() - before) / 1e6:10.0f}")
    _one_more(services)
    timed("the large episode again", lambda: _count(services, rules), hits // 4)
    timed("forgotten", lambda: _forget(services, hits + 1))


def _rows(hits: int) -> Iterator[tuple[Any, ...]]:
    random = Random(1)
    listeners = max(hits // 6, 10)  # a show's listeners hear some episodes, each in pieces
    for number in range(hits):
        episode = 0 if number % 4 == 0 else random.randrange(1, EPISODES)
        listener = random.randrange(listeners)
        yield (
            MIDNIGHT + timedelta(seconds=number * 86_400 // hits),
            DAY, f"ep{episode:08}", listener, listener, "GET", 302, None, None, None,
            50_000_000, 1_000_000, f"{listener:020x}", APPS[listener % len(APPS)], None, "",
        )  # fmt: skip


def _write(services: Services, hits: int) -> None:
    table, rows = cast("Table", RawHit.__table__), _rows(hits)
    prepare_partitions(services.sessions, DAY)
    while some := [row for _place, row in zip(range(AT_ONCE), rows, strict=False)]:
        with services.sessions.begin() as session:
            insert_rows(session.connection(), table, NAMES, some)
    with services.sessions.begin() as session:
        keys = session.scalars(select(RawHit.episode_key).distinct()).all()
        session.execute(insert(CountedDay), [{"day": DAY, "episode_key": key} for key in keys])
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ANALYZE raw_hits"))


def _size(services: Services) -> int:
    with services.sessions() as session:
        found = session.scalar(
            text("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('raw_hits')")
        )
    return int(found or 0)


def _read(services: Services) -> int:
    columns = [getattr(RawHit, name) for name in NAMES]
    with services.sessions() as session:
        rows = session.execute(select(*columns).execution_options(yield_per=2000))
        return sum(1 for _row in rows)


def _count(services: Services, rules: CountingRules) -> None:
    while roll_up(services.sessions, rules, MIDNIGHT):
        pass  # a pass ends after some seconds


def _one_more(services: Services) -> None:
    [row] = _rows(1)
    with services.sessions.begin() as session:
        insert_rows(session.connection(), cast("Table", RawHit.__table__), NAMES, [row])
        day = session.get_one(CountedDay, (DAY, row[2]))
        day.hits_version += 1


def _forget(services: Services, hits: int) -> None:
    gone = expire_raw_hits(services.sessions, MIDNIGHT + timedelta(days=30), 14)
    assert gone == hits


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
