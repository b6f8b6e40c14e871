"""A move that is killed at any moment is taken up again; nothing is lost and nothing doubled."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta

import pytest

from episodes.ingest import find_orphans
from episodes.rss_import.errors import Interrupted
from episodes.rss_import.imports import due_imports, find_import, pause_import, resume_import
from episodes.rss_import.run import claim, copy, work_on
from episodes.storage.base import StorageUnavailable
from tests.episodes.rss_import.conftest import Moving
from tests.foreign_host import Manners
from tests.samples.feeds.hosts import Sample, buzzsprout


class Killed(BaseException):
    """As good as ``kill -9`` for everything that comes after it."""


class Dies:
    """Kills whoever calls it for the n-th time."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class DyingWatcher:
    """Dies while bytes arrive, or when an episode has been settled."""

    def __init__(self, dies: Dies) -> None:
        self._dies = dies

    def arrived(self, guid: str, there: int) -> None:
        self._dies()

    def settled(self, title: str, state: str, reason: str) -> None:
        self._dies()


def all_is_here(moving: Moving, sample: Sample) -> None:
    """Every episode once, with its bytes, and no object that nobody mentions."""
    episodes = moving.episodes()
    assert [episode.guid for episode in episodes] == list(sample.guids)
    sums = [hashlib.sha256(data).hexdigest() for data in moving.recordings]
    assert [e.audio.sha256 for e in episodes if e.audio] == sums
    later = moving.desk.clock() + timedelta(days=1)
    with moving.desk.sessions() as session:
        assert list(find_orphans(session, moving.desk.storage, before=later)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("calls", range(1, 12))
def test_killed_while_it_fetches_or_writes(moving: Moving, calls: int) -> None:
    sample = buzzsprout(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start()
    dies = Dies(calls)
    for _attempt in range(2):
        try:
            copy(moving.desk, moving.key, DyingWatcher(dies))
        except Killed:
            assert moving.standing().state == "copying"
    all_is_here(moving, sample)
    assert moving.standing().state == "done"


@pytest.mark.thorough
@pytest.mark.parametrize("calls", range(1, 10))
def test_killed_while_it_stores(
    moving: Moving, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = buzzsprout(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start()
    dies, put = Dies(calls), moving.desk.storage.put

    def dying_put(*args: object, **options: object) -> object:
        stored = put(*args, **options)  # type: ignore[arg-type]
        dies()
        return stored

    monkeypatch.setattr(moving.desk.storage, "put", dying_put)
    for _attempt in range(2):
        try:
            moving.copy()
        except Killed:
            continue
    all_is_here(moving, sample)


@pytest.mark.thorough
@pytest.mark.parametrize("which", ["audio", "transcript", "artwork"])
def test_what_our_storage_did_not_take_is_brought_by_the_next_run(
    moving: Moving, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = buzzsprout(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start()
    put, away = moving.desk.storage.put, [True]

    def put_while_away(key: str, *args: object, **options: object) -> object:
        if which in key and away:
            away.pop()
            raise StorageUnavailable("the S3 server cannot be reached")
        return put(key, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(moving.desk.storage, "put", put_while_away)
    assert claim(moving.desk, moving.key)
    work_on(moving.desk, moving.key)
    assert not away
    assert moving.standing().state == "failed"
    with moving.desk.sessions.begin() as session:
        resume_import(find_import(session, moving.key), moving.desk.clock())
    moving.copy()
    all_is_here(moving, sample)
    assert moving.standing().state == "done"


@pytest.mark.thorough
def test_what_is_new_is_brought_though_the_feed_has_not_changed(moving: Moving) -> None:
    sample = buzzsprout(moving.host.url)
    address = moving.serve(sample)
    moving.move(address)
    with moving.desk.sessions.begin() as session:
        session.delete(session.merge(moving.episodes()[0]))
    moving.move(address)
    assert [episode.guid for episode in moving.episodes()] == list(sample.guids)
    assert {item.state for item in moving.items()} == {"copied"}


@pytest.mark.thorough
def test_what_had_arrived_is_not_fetched_again(moving: Moving) -> None:
    sample = buzzsprout(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start()
    moving.host.manners = Manners(slow=0.001)
    with pytest.raises(Killed):
        copy(moving.desk, moving.key, DyingWatcher(Dies(2)))
    moving.host.asked.clear()
    moving.copy()
    assert any(asked.range for asked in moving.host.asked)


def test_a_worker_that_is_gone_is_replaced_after_its_last_sign_of_life(moving: Moving) -> None:
    moving.look(moving.serve(buzzsprout(moving.host.url)))
    moving.start()
    assert claim(moving.desk, moving.key)
    assert not claim(moving.desk, moving.key)
    later = moving.desk.clock() + timedelta(minutes=2)
    with moving.desk.sessions() as session:
        assert due_imports(session, later) == [moving.key]
    assert claim(dataclasses.replace(moving.desk, clock=lambda: later), moving.key)


def test_a_server_that_stops_leaves_the_work_free_for_the_next(moving: Moving) -> None:
    moving.look(moving.serve(buzzsprout(moving.host.url)))
    moving.start()
    stopping = dataclasses.replace(moving.desk, stopped=lambda: True)
    assert claim(stopping, moving.key)
    with pytest.raises(Interrupted):
        work_on(stopping, moving.key)
    assert claim(moving.desk, moving.key)


@pytest.mark.thorough
def test_a_paused_import_stops_and_goes_on(moving: Moving) -> None:
    sample = buzzsprout(moving.host.url)
    moving.look(moving.serve(sample))
    moving.start()
    with moving.desk.sessions.begin() as session:
        pause_import(find_import(session, moving.key), moving.desk.clock())
    assert claim(moving.desk, moving.key)
    work_on(moving.desk, moving.key)
    assert moving.standing().state == "paused"
    assert len(moving.episodes()) < 3
    with moving.desk.sessions.begin() as session:
        resume_import(find_import(session, moving.key), moving.desk.clock())
    assert claim(moving.desk, moving.key)
    work_on(moving.desk, moving.key)
    all_is_here(moving, sample)


@pytest.mark.thorough
def test_a_host_that_is_away_is_a_failure_that_can_be_tried_again(moving: Moving) -> None:
    sample = buzzsprout(moving.host.url)
    url = moving.serve(sample)
    moving.look(url)
    moving.start()
    moving.host.manners = Manners(puts_off=1000)
    assert claim(moving.desk, moving.key)
    work_on(moving.desk, moving.key)
    failed = moving.standing()
    assert (failed.state, failed.reason) == ("failed", "127.0.0.1 answers 429")
    moving.host.manners = Manners()
    with moving.desk.sessions.begin() as session:
        resume_import(find_import(session, moving.key), moving.desk.clock())
    assert claim(moving.desk, moving.key)
    work_on(moving.desk, moving.key)
    all_is_here(moving, sample)


@pytest.mark.thorough
def test_the_same_address_again_goes_on_with_the_same_show(moving: Moving) -> None:
    url = moving.serve(buzzsprout(moving.host.url))
    moving.move(url)
    first = moving.key
    moving.move(url)
    assert moving.key == first
    assert moving.show().title == "Harbour Notes"
