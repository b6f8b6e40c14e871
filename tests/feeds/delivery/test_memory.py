"""What is remembered between polls saves look-ups and never outlives what it was made of."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from episodes.commit_mark import CommitMark
from episodes.models import Show
from feeds.delivery import postgresql_watch
from feeds.delivery.lookup import Lookup
from feeds.delivery.memory import FeedMemory
from feeds.delivery.postgresql_watch import PostgresqlWatch
from feeds.delivery.rows import FeedRow
from feeds.delivery.sqlite_watch import LOOK_AGAIN, SqliteWatch, watch_sqlite
from feeds.grants import end_grant, grants_of
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import revoke_feed
from feeds.tokens import ID_LENGTH
from podcast_server.database import commit_mark, open_engine
from podcast_server.services import open_memory
from tests.builders import CAUSE
from tests.conftest import NOW, People
from tests.running import PATIENCE


class Sure:
    """A watch that always is, or never."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer

    def current(self, _memory: FeedMemory) -> bool:
        return self.answer

    def close(self) -> None:
        self.answer = False


def row(feed_id: int = 1, show_id: int = 1) -> FeedRow:
    return FeedRow(feed_id, 1, show_id, "open", None, "key", 1, "[]")


def test_what_is_kept_is_found_until_it_is_forgotten() -> None:
    memory = FeedMemory(Sure(), 10)
    memory.keep("a", row(1), memory.changes)
    memory.keep("b", row(2), memory.changes)
    memory.forget_feed("a")
    assert memory.get("a") is None
    assert memory.get("b") == row(2)


def test_a_changed_show_takes_its_own_feeds_along_and_no_others() -> None:
    memory = FeedMemory(Sure(), 10)
    memory.keep("a", row(1, show_id=1), memory.changes)
    memory.keep("b", row(2, show_id=2), memory.changes)
    memory.forget_show(1)
    assert (memory.get("a"), memory.get("b")) == (None, row(2, show_id=2))


def test_a_row_read_before_a_change_is_not_kept_after_it() -> None:
    memory = FeedMemory(Sure(), 10)
    before = memory.changes
    memory.forget_feed("a")
    memory.keep("a", row(), before)
    assert memory.get("a") is None


def test_the_oldest_makes_room() -> None:
    memory = FeedMemory(Sure(), 2)
    for number, key in enumerate("abc"):
        memory.keep(key, row(number), memory.changes)
    assert [memory.get(key) is None for key in "abc"] == [True, False, False]


def test_an_unsure_watch_lets_nothing_be_used() -> None:
    watch = Sure()
    memory = FeedMemory(watch, 2)
    memory.keep("a", row(), memory.changes)
    watch.answer = False
    assert memory.get("a") is None


# SQLite


@pytest.fixture
def memory(engine: Engine) -> Iterator[FeedMemory]:
    memory = open_memory(engine, 100)
    assert memory is not None
    yield memory
    memory.close()


def counting(engine: Engine) -> list[str]:
    """The statements an engine runs from now on."""
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_a_second_poll_asks_the_database_nothing(
    engine: Engine, memory: FeedMemory, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup, key = Lookup(engine, memory), key_of(people)
    first = lookup.feed(key)
    monkeypatch.setattr(lookup, "feed_now", lambda _key: pytest.fail("asked again"))
    statements = counting(engine)
    assert lookup.feed(key) == first
    assert statements == []
    lookup.close()


def key_of(people: People) -> str:
    """The random id of the paying member's feed."""
    return people.paying.feed.removeprefix("/f/")[2 : 2 + ID_LENGTH]


Change = Callable[[Session, PrivateFeed], None]


def _revoke(session: Session, feed: PrivateFeed) -> None:
    revoke_feed(session, feed, cause=CAUSE, now=NOW)


def _end(session: Session, feed: PrivateFeed) -> None:
    for grant in grants_of(session, feed.member_id, feed.show_id):
        end_grant(session, grant, at=NOW, now=NOW, cause=CAUSE)


def _revision(session: Session, feed: PrivateFeed) -> None:
    session.get_one(Show, feed.show_id).revision += 1


def _rotate(_session: Session, feed: PrivateFeed) -> None:
    feed.signing_key = "another"


def _no_access(session: Session, feed: PrivateFeed) -> None:
    session.delete(session.get_one(Access, (feed.member_id, feed.show_id)))


CHANGES: list[Change] = [_revoke, _end, _revision, _rotate, _no_access]


def change(engine: Engine, key: str, how: Change) -> None:
    with Session(engine) as session:
        feed = session.query(PrivateFeed).filter_by(key=key).one()
        how(session, feed)
        session.commit()


@pytest.mark.parametrize("how", CHANGES)
def test_every_change_counts_on_the_very_next_poll(
    engine: Engine, memory: FeedMemory, people: People, how: Change
) -> None:
    lookup, key = Lookup(engine, memory), key_of(people)
    before = lookup.feed(key)
    # By another engine, as another process would.
    other = open_engine(str(engine.url))
    change(other, key, how)
    other.dispose()
    after = lookup.feed(key)
    assert after != before
    assert after == lookup.feed_now(key)
    lookup.close()


@pytest.mark.thorough
def test_a_commit_of_another_process_counts(
    engine: Engine, memory: FeedMemory, people: People
) -> None:
    lookup, key = Lookup(engine, memory), key_of(people)
    lookup.feed(key)
    program = (
        "from podcast_server.database import open_engine\n"
        f"with open_engine({str(engine.url)!r}).begin() as connection:\n"
        f"    connection.exec_driver_sql(\"UPDATE private_feeds SET state='revoked'\")\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
    found = lookup.feed(key)
    assert found is not None
    assert found.state == "revoked"
    lookup.close()


def test_statistics_make_nothing_forgotten(
    engine: Engine, memory: FeedMemory, people: People
) -> None:
    lookup, key = Lookup(engine, memory), key_of(people)
    lookup.feed(key)
    before = memory.changes
    with engine.begin() as connection:
        connection.execute(text("UPDATE private_feeds SET last_status = 200"))
    assert memory.get(key) is not None
    assert memory.changes == before
    lookup.close()


def test_what_leaves_no_mark_is_noticed_some_seconds_later(engine: Engine, people: People) -> None:
    now = [0.0]
    mark = commit_mark(str(engine.url.database))
    memory = FeedMemory(SqliteWatch(engine, mark, lambda: now[0]), 10)
    lookup, key = Lookup(engine, memory), key_of(people)
    lookup.feed(key)
    # A plain connection, as an operator's own tool has.
    raw = engine.dialect.loaded_dbapi.connect(engine.url.database)
    raw.execute("UPDATE private_feeds SET state = 'revoked'")
    raw.commit()
    raw.close()
    now[0] += LOOK_AGAIN
    found = lookup.feed(key)
    assert found is not None
    assert found.state == "revoked"
    lookup.close()


def test_without_its_triggers_nothing_is_remembered(engine: Engine) -> None:
    """A migration that rebuilds one of the tables would take them away unnoticed."""
    mark = commit_mark(str(engine.url.database))
    assert watch_sqlite(engine, mark) is not None
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER access_changes_update"))
    assert watch_sqlite(engine, mark) is None


def test_two_marks_of_one_file_tell_each_other(tmp_path: Path) -> None:
    first, second = (CommitMark(tmp_path / "x.sqlite3") for _ in range(2))
    seen = {first.read()}
    for mark in (first, second, first, second):
        mark.leave()
        assert first.read() == second.read()
        seen.add(first.read())
    assert len(seen) == 5


# PostgreSQL


@pytest.fixture
def on_postgresql(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedMemory]:
    monkeypatch.setattr(postgresql_watch, "HEARTBEAT", 0.05)
    memory = FeedMemory(PostgresqlWatch(engine), 100)
    yield memory
    memory.close()


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", CHANGES)
def test_postgresql_tells_every_change_by_itself(
    engine: Engine, on_postgresql: FeedMemory, people: People, how: Change
) -> None:
    lookup, key = Lookup(engine, on_postgresql), key_of(people)
    assert eventually(lambda: bool(lookup.feed(key) and on_postgresql.get(key)))
    before = lookup.feed(key)
    change(engine, key, how)
    assert eventually(lambda: lookup.feed(key) != before)
    assert lookup.feed(key) == lookup.feed_now(key)
    lookup.close()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_lost_connection_is_no_memory_until_it_is_back(
    engine: Engine, on_postgresql: FeedMemory, people: People
) -> None:
    lookup, key = Lookup(engine, on_postgresql), key_of(people)
    assert eventually(lambda: bool(lookup.feed(key) and on_postgresql.get(key)))
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE '%pg_notify%' AND pid <> pg_backend_pid()"
    )
    with engine.begin() as connection:
        connection.execute(cut)
    assert eventually(lambda: on_postgresql.get(key) is None)
    assert eventually(lambda: bool(lookup.feed(key) and on_postgresql.get(key)))
    lookup.close()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_pooler_that_swallows_notices_means_no_memory(
    engine: Engine,
    on_postgresql: FeedMemory,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql_watch, "SILENCE", 0.3)
    lookup, key = Lookup(engine, on_postgresql), key_of(people)
    assert eventually(lambda: bool(lookup.feed(key) and on_postgresql.get(key)))
    monkeypatch.setattr(PostgresqlWatch, "_take", lambda *_: None)
    assert eventually(lambda: on_postgresql.get(key) is None)
    lookup.close()
