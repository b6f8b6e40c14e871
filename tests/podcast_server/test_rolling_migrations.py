"""A server of the version before goes on while, and after, the schema is brought up to date.

Expand → migrate → contract: a migration only adds, and what it adds may be left out by those who
do not know it. What nobody uses any more goes in a later version than the code that used it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from podcast_server.database import _alembic_config, migrate, open_engine
from podcast_server.fitting import takes_away
from tests.chaos.victims import children_of
from tests.installed import Filled, fill
from tests.running import PATIENCE, Installation, fetch, wait_until_up

# What apps fetched: as rows, or still in the parcels that the worker makes rows of.
_NOTED = "SELECT (SELECT count(*) FROM raw_hits), (SELECT count(*) FROM hit_parcels)"


@dataclass(frozen=True, slots=True)
class Column:
    """What those who write a row must know of it."""

    kind: str
    needed: bool


Schema = dict[str, dict[str, Column]]


def described(engine: Engine) -> tuple[Schema, dict[str, set[tuple[str, ...]]]]:
    """Columns of each table, and which of them must be unique together."""
    looker = inspect(engine)
    columns: Schema = {}
    unique: dict[str, set[tuple[str, ...]]] = {}
    for table in looker.get_table_names():
        columns[table] = {each["name"]: _column(each) for each in looker.get_columns(table)}
        rules = [tuple(each["column_names"]) for each in looker.get_unique_constraints(table)]
        rules += [
            tuple(str(name) for name in each["column_names"])
            for each in looker.get_indexes(table)
            if each["unique"]
        ]
        unique[table] = set(rules)
    return columns, unique


def _column(found: Any) -> Column:
    optional = found["nullable"] or found["default"] is not None or found.get("autoincrement")
    return Column(str(found["type"]), not optional)


def breaks(before: Any, after: Any) -> list[str]:
    """What stands in the way of a program that knows only the schema ``before``."""
    (old, old_unique), (new, new_unique) = before, after
    found = [f"{table} is gone" for table in old.keys() - new.keys()]
    for table in old.keys() & new.keys() - {"alembic_version"}:
        was, now = old[table], new[table]
        found += [f"{table}.{name} is gone" for name in was.keys() - now.keys()]
        found += [
            f"{table}.{name} was {was[name].kind} and is {now[name].kind}"
            for name in was.keys() & now.keys()
            if was[name].kind != now[name].kind
        ]
        found += [
            f"{table}.{name} must be given now"
            for name in now
            if now[name].needed and (name not in was or not was[name].needed)
        ]
        found += [
            f"{table}{rule} must be unique now" for rule in new_unique[table] - old_unique[table]
        ]
    return found


def revisions(config: Config) -> list[str]:
    """All revisions after the first, oldest first."""
    scripts = ScriptDirectory.from_config(config)
    return [each.revision for each in reversed(list(scripts.walk_revisions()))][1:]


def migrated(path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    return engine


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill(tmp_path_factory.mktemp("filled"))


def released(name: str) -> tuple[int, ...]:
    """A release as numbers that can be compared."""
    return tuple(int(part) for part in name.split("."))


@pytest.mark.thorough
def test_no_migration_takes_anything_that_a_release_before_still_uses(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/steps.sqlite3")
    config = _alembic_config(engine)
    steps = revisions(config)
    scripts = ScriptDirectory.from_config(config)
    command.upgrade(config, f"{steps[0]}-1")
    before, found = described(engine), {}
    for revision in steps:
        command.upgrade(config, revision)
        after = described(engine)
        if broken := breaks(before, after):
            found[revision] = broken
        since = takes_away(scripts.get_revision(revision).module)
        if since and released(since) < released(version("podcast-server")):
            found.pop(revision, None)
        before = after
    engine.dispose()
    assert found == {}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE lost_hits", "lost_hits is gone"),
        ("ALTER TABLE shows DROP COLUMN revision", "shows.revision is gone"),
        ("ALTER TABLE shows ADD COLUMN colour TEXT NOT NULL", "shows.colour must be given now"),
        ("CREATE UNIQUE INDEX one ON shows (title)", "shows('title',) must be unique now"),
    ],
)
def test_a_migration_that_would_break_it_is_found(tmp_path: Path, change: str, said: str) -> None:
    engine = migrated(tmp_path / "before.sqlite3")
    before = described(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert breaks(before, described(engine)) == [said]
    engine.dispose()


@pytest.mark.slow
def test_processes_that_die_between_migrating_and_reloading_come_back(
    filled: Filled, tmp_path: Path
) -> None:
    place = filled.copy(tmp_path)
    feed = place.url + filled.feed
    with place.server() as process:
        migrate_to_the_next_version(place)
        old = children_of(process.pid)
        assert len(old) > 1
        for number in old:
            os.kill(number, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while len(set(children_of(process.pid)) - set(old)) < len(old):
            assert time.monotonic() < deadline, "they did not come back"
            time.sleep(0.1)
        wait_until_up(place.url, process, place.log)
        assert fetch(feed).status == 200
        assert {fetch(place.url + "/ready").status for _ in range(4)} == {200}
    with place.server():  # and so does the whole of it
        assert fetch(feed).status == 200
    assert "Traceback" not in place.log.read_text()


@pytest.mark.slow
def test_a_running_server_answers_while_and_after_the_next_version_migrates(
    filled: Filled, tmp_path: Path
) -> None:
    place = filled.copy(tmp_path, limits__feed_per_minute="100000")
    feed, audio = place.url + filled.feed, place.url + filled.audio[0]
    with place.server():
        before = fetch(feed)
        statuses, stop = list[int](), threading.Event()

        def poll() -> None:
            while not stop.is_set():
                statuses.extend((fetch(feed).status, fetch(audio, Range="bytes=0-99").status))
                time.sleep(0.02)

        with ThreadPoolExecutor(1) as pool:
            polling = pool.submit(poll)
            migrate_to_the_next_version(place)
            stop.wait(1)
            stop.set()
            polling.result(PATIENCE)
        after = fetch(feed)
        ready = fetch(place.url + "/ready")
    assert set(statuses) == {200, 206}
    assert after.body == before.body
    assert ready.status == 200
    log = place.log.read_text()
    assert "Traceback" not in log
    with sqlite3.connect(place.folder / "data" / "podcast.sqlite3") as connection:
        assert sum(connection.execute(_NOTED).fetchone()) > 0
    connection.close()


def migrate_to_the_next_version(place: Installation) -> None:
    """What the rule allows, to every table that answering reads and every one it writes."""
    with place.services() as services, services.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_the_next (id INTEGER PRIMARY KEY)")
        for table in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN of_the_next TEXT")
            connection.exec_driver_sql(f"CREATE INDEX next_{table} ON {table} (of_the_next)")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffffffffffff'")
