"""What web processes post is taken in once, whoever takes it in and whatever dies meanwhile."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads import parcels
from feeds.downloads.agents import built_in_agents
from feeds.downloads.expire import forget_member
from feeds.downloads.models import HitParcel, RawHit
from feeds.downloads.parcels import take_in_parcels, take_in_some
from feeds.downloads.write import entry_writer
from tests.feeds.downloads.hits import media_hit

Sessions = sessionmaker[Session]


def post(sessions: Sessions, count: int, first: int = 0) -> None:
    """So many parcels of ten hits, each by an agent of its own."""
    write = entry_writer(sessions, b"a secret")
    for parcel in range(first, first + count):
        write([media_hit(user_agent=f"agent {parcel} {n}") for n in range(10)])


def how_many(sessions: Sessions, table: type[RawHit] | type[HitParcel]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_parcel_is_taken_in_once(sessions: Sessions) -> None:
    post(sessions, 9)
    assert how_many(sessions, RawHit) == 0
    assert (take_in_parcels(sessions), take_in_parcels(sessions)) == (90, 0)
    assert (how_many(sessions, RawHit), how_many(sessions, HitParcel)) == (90, 0)


def test_workers_that_take_in_at_the_same_time_double_nothing(sessions: Sessions) -> None:
    post(sessions, 40)
    workers = [threading.Thread(target=take_in_parcels, args=(sessions,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    post(sessions, 10, first=40)
    for worker in workers:
        worker.join()
    take_in_parcels(sessions)
    with sessions() as session:
        agents = list(session.scalars(select(RawHit.user_agent)))
    assert len(agents) == len(set(agents)) == 500


def test_a_worker_that_dies_in_the_middle_leaves_its_parcels_whole(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(sessions, 2)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(parcels, "_mark_uncounted", die)
        with pytest.raises(Killed):
            take_in_parcels(sessions)
    assert (how_many(sessions, RawHit), how_many(sessions, HitParcel)) == (0, 2)
    assert take_in_parcels(sessions) == 20


def test_a_member_is_forgotten_in_parcels_that_still_wait(sessions: Sessions) -> None:
    post(sessions, 2)
    with sessions.begin() as session:
        forget_member(session, 1)
    assert how_many(sessions, HitParcel) == 0
    with sessions() as session:
        assert set(session.scalars(select(RawHit.member_id))) == {None}


def test_some_are_taken_in_at_a_time_so_that_others_can_write(sessions: Sessions) -> None:
    post(sessions, 3)
    with sessions.begin() as session:
        assert take_in_some(session, built_in_agents(), most=2) == 20
    assert (how_many(sessions, RawHit), how_many(sessions, HitParcel)) == (20, 1)


def test_whoever_takes_in_may_rest_after_each_piece_and_stop_there(sessions: Sessions) -> None:
    post(sessions, 9)
    took: list[float] = []

    def rest(seconds: float) -> bool:
        took.append(seconds)
        return len(took) == 2

    each = 10 * parcels.PARCELS_AT_ONCE
    assert take_in_parcels(sessions, rest=rest) == 2 * each
    assert all(0 < seconds < 60 for seconds in took)
    assert how_many(sessions, RawHit) == 2 * each
    assert take_in_parcels(sessions) == 90 - 2 * each
