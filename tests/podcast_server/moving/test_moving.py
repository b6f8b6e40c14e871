"""An installation moves to PostgreSQL and S3: nothing lost, nothing doubled, feeds the same."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, update

from episodes.ingest import mentioned_objects
from episodes.models import Episode, Show
from episodes.storage.choose import open_storage
from episodes.storage.memory import MemoryStorage
from feeds.delivery.facts import Request
from feeds.models import PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.database import session_factory
from podcast_server.moving.database import move_database
from podcast_server.moving.errors import MoveError
from podcast_server.moving.storage import move_files
from podcast_server.services import Services, open_lane
from tests.builders import build_member
from tests.conftest import NOW, Notes, People, body_of
from tests.podcast_server.moving.conftest import quiet

pytest_plugins = ["tests.s3_server"]


def feed_bytes(services: Services, people: People) -> list[bytes]:
    lane = open_lane(services, Notes())
    answers = []
    for person in (people.paying, people.lapsed, people.free):
        answer = lane.answer(Request("GET", person.feed, "192.0.2.7"))
        assert answer is not None
        assert answer.status == 200
        answers.append(body_of(answer))
    lane._lookup.close()
    return answers


def moved_services(services: Services, target: Engine, **changes: Any) -> Services:
    # A folder of its own, so that no rendered feed is taken over from before.
    settings = services.settings.model_copy(update={"data_folder": "moved"})
    return replace(
        services, engine=target, sessions=session_factory(target), settings=settings, **changes
    )


@pytest.mark.thorough
def test_feeds_are_byte_identical_after_the_move(
    filled: Services, people: People, target: Engine
) -> None:
    before = feed_bytes(filled, people)
    move_database(filled.engine, target, quiet)
    files = MemoryStorage()
    with filled.sessions() as session:
        move_files(filled.storage, files, sorted(mentioned_objects(session)), quiet)
    assert feed_bytes(moved_services(filled, target, storage=files), people) == before


@pytest.mark.thorough
def test_a_second_run_takes_over_only_what_changed(
    filled: Services, people: People, target: Engine
) -> None:
    first = move_database(filled.engine, target, quiet)
    assert first.changed >= first.rows > 0
    assert move_database(filled.engine, target, quiet).changed == 0
    with filled.sessions.begin() as session:
        build_member(session, NOW, "new@example.org")
        session.execute(update(Episode).where(Episode.id == 1).values(title="Better"))
        session.execute(delete(Episode).where(Episode.id == -1))
    assert move_database(filled.engine, target, quiet).changed == 2
    with target.connect() as connection:
        assert connection.scalar(select(Episode.title).where(Episode.id == 1)) == "Better"


@pytest.mark.thorough
def test_what_vanished_meanwhile_vanishes_there(
    filled: Services, people: People, target: Engine
) -> None:
    with filled.sessions.begin() as session:
        gone = build_member(session, NOW, "gone@example.org").id
    move_database(filled.engine, target, quiet)
    with filled.sessions.begin() as session:
        session.execute(delete(Member).where(Member.id == gone))
    assert move_database(filled.engine, target, quiet).changed == 1
    with target.connect() as connection:
        assert connection.scalar(select(Member.id).where(Member.id == gone)) is None


@pytest.mark.thorough
def test_moving_while_members_come_in_loses_none(filled: Services, target: Engine) -> None:
    stop, first = threading.Event(), threading.Event()
    joined: list[str] = []

    def join() -> None:
        while not stop.is_set() and len(joined) < 2000:
            with filled.sessions.begin() as session:
                build_member(session, NOW, f"load{len(joined)}@example.org")
            joined.append(f"load{len(joined)}@example.org")
            first.set()

    crowd = threading.Thread(target=join)
    crowd.start()
    try:
        assert first.wait(60)
        move_database(filled.engine, target, quiet)
    finally:
        stop.set()
        crowd.join()
    move_database(filled.engine, target, quiet)  # the last run, with nobody writing
    with target.connect() as connection:
        there = set(connection.scalars(select(Member.email)))
    assert joined
    assert set(joined) <= there


@pytest.mark.thorough
def test_a_move_that_was_cut_off_goes_on(filled: Services, people: People, target: Engine) -> None:
    def cut(table: str, _rows: int) -> None:
        if table == "private_feeds":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(filled.engine, target, cut)
    done = move_database(filled.engine, target, quiet)
    assert 0 < done.changed < done.rows


def test_new_rows_get_numbers_after_the_moved_ones(
    filled: Services, people: People, target: Engine
) -> None:
    move_database(filled.engine, target, quiet)
    with filled.sessions() as session:
        newest = session.scalar(select(func.max(Member.id))) or 0
    with session_factory(target).begin() as session:
        assert build_member(session, NOW, "next@example.org").id == newest + 1


@pytest.mark.thorough
def test_feeds_that_replaced_others_move_though_they_point_at_each_other(
    filled: Services, people: People, target: Engine
) -> None:
    with filled.sessions.begin() as session:
        feeds = session.scalars(select(PrivateFeed).order_by(PrivateFeed.id)).all()
        loops = [
            c
            for c in PrivateFeed.__table__.columns
            if any(f.column.table is PrivateFeed.__table__ for f in c.foreign_keys)
        ]
        setattr(feeds[0], loops[0].name, feeds[-1].id)
    move_database(filled.engine, target, quiet)
    assert move_database(filled.engine, target, quiet).changed == 0


@pytest.mark.thorough
def test_another_installation_is_not_overwritten(
    filled: Services, target: Engine, tmp_path: Path
) -> None:
    move_database(filled.engine, target, quiet)
    with session_factory(target).begin() as session:
        session.execute(update(Show).values(slug="theirs"))
    with pytest.raises(MoveError, match="another installation"):
        move_database(filled.engine, target, quiet)


def test_the_database_in_use_is_refused(filled: Services) -> None:
    with pytest.raises(MoveError, match="in use"):
        move_database(filled.engine, filled.engine, quiet)


def test_files_that_are_there_and_whole_are_not_copied_again() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    for key in ("audio/a.mp3", "audio/b.mp3"):
        source.put(key, io.BytesIO(key.encode() * 1000), content_type="audio/mpeg")
    target.put("audio/a.mp3", io.BytesIO(b"damaged"), content_type="audio/mpeg")
    first = move_files(source, target, ["audio/a.mp3", "audio/b.mp3", "audio/gone.mp3"], quiet)
    assert (first.files, first.copied, first.missing) == (2, 2, ("audio/gone.mp3",))
    with target.open("audio/a.mp3") as reader:
        assert reader.read() == b"audio/a.mp3" * 1000
    assert move_files(source, target, ["audio/a.mp3", "audio/b.mp3"], quiet).copied == 0


@pytest.mark.slow
def test_files_move_to_a_real_s3_server_whole(filled: Services, s3_settings: Any) -> None:
    target = open_storage(s3_settings)
    with filled.sessions() as session:
        keys = sorted(mentioned_objects(session))
    moved = move_files(filled.storage, target, keys, quiet)
    assert moved.files == moved.copied == len(keys) > 0
    assert move_files(filled.storage, target, keys, quiet).copied == 0
