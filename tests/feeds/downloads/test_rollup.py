"""Daily counts: incremental, the same whenever and however often they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads import expire, rollup
from feeds.downloads.agents import Agent
from feeds.downloads.expire import expire_raw_hits, forget_member
from feeds.downloads.models import CountedDay, DailyDownload, MemberPlay, RawHit
from feeds.downloads.record import MediaHit
from feeds.downloads.reports import not_yet_counted
from feeds.downloads.rollup import Pace, count_again, roll_up
from tests.feeds.downloads.hits import ANTENNAPOD, MONDAY, RULES, media_hit, store

Sessions = sessionmaker[Session]
NOW = datetime(2026, 1, 6, 3, tzinfo=UTC)
DAY = date(2026, 1, 5)


def write(sessions: Sessions, *hits: MediaHit) -> None:
    store(sessions, *hits, country_of={"192.0.2.9": "DE"}.get)


def counts(sessions: Sessions) -> list[tuple[Any, ...]]:
    d = DailyDownload
    columns = (d.day, d.episode_key, d.app, d.device, d.country, d.downloads, d.request_based)
    with sessions() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def plays(sessions: Sessions) -> list[tuple[Any, ...]]:
    p = MemberPlay
    with sessions() as session:
        columns = (p.member_id, p.day, p.episode_key)
        rows = session.execute(select(p.day, p.episode_key, p.member_id).order_by(*columns))
        return [tuple(row) for row in rows]


def test_hits_become_downloads_per_day_episode_app_device_and_country(sessions: Sessions) -> None:
    write(
        sessions,
        media_hit(),
        media_hit(address="192.0.2.2"),
        media_hit(address="192.0.2.9", user_agent=ANTENNAPOD, status=302, bytes_served=None),
        media_hit(episode_key="two"),
        media_hit(user_agent="curl/8.4"),
    )
    assert roll_up(sessions, RULES, NOW) == 2
    assert counts(sessions) == [
        (DAY, "one", "AntennaPod", "mobile", "DE", 1, 1),
        (DAY, "one", "Overcast", "mobile", "", 2, 0),
        (DAY, "two", "Overcast", "mobile", "", 1, 0),
    ]


def test_plays_are_rolled_up_by_member(sessions: Sessions) -> None:
    write(sessions, media_hit(), media_hit(member_id=2, feed_id=2), media_hit(address="192.0.2.2"))
    roll_up(sessions, RULES, NOW)
    assert plays(sessions) == [(DAY, "one", 1), (DAY, "one", 2)]


def test_plays_by_request_and_by_bytes_are_told_apart_in_however_many_portions(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "_PLAYS_AT_ONCE", 2)
    by_request = {"status": 302, "bytes_served": None}
    write(
        sessions,
        *(media_hit(member_id=member) for member in (1, 2)),
        *(media_hit(member_id=member, **by_request) for member in (3, 4, 5)),
    )
    roll_up(sessions, RULES, NOW)
    with sessions() as session:
        found = session.execute(select(MemberPlay.member_id, MemberPlay.request_based))
        assert sorted(map(tuple, found)) == [
            (1, False), (2, False), (3, True), (4, True), (5, True),
        ]  # fmt: skip


def test_a_second_run_has_nothing_to_do(sessions: Sessions) -> None:
    write(sessions, media_hit())
    assert roll_up(sessions, RULES, NOW) == 1
    before = counts(sessions)
    assert roll_up(sessions, RULES, NOW) == 0
    assert counts(sessions) == before


def test_only_what_got_new_hits_is_counted_again(sessions: Sessions) -> None:
    write(sessions, media_hit(), media_hit(episode_key="two"))
    roll_up(sessions, RULES, NOW)
    write(sessions, media_hit(episode_key="two", address="192.0.2.2"))
    later = NOW + timedelta(hours=1)
    assert roll_up(sessions, RULES, later) == 1
    with sessions() as session:
        days = session.scalars(select(CountedDay).order_by(CountedDay.episode_key)).all()
        assert [day.counted_at for day in days] == [NOW, later]
        assert not_yet_counted(session) == 0


def test_late_hits_of_a_day_already_counted_are_counted(sessions: Sessions) -> None:
    half = {"status": 206, "bytes_served": 500_000}
    write(sessions, media_hit(range_header="bytes=0-499999", **half))
    roll_up(sessions, RULES, NOW)
    assert counts(sessions) == []
    write(sessions, media_hit(range_header="bytes=500000-999999", **half))
    roll_up(sessions, RULES, NOW + timedelta(days=3))
    assert [row[5] for row in counts(sessions)] == [1]


def test_a_crash_between_counting_and_marking_repeats_safely(sessions: Sessions) -> None:
    write(sessions, media_hit())
    roll_up(sessions, RULES, NOW)
    before = counts(sessions), plays(sessions)
    with sessions.begin() as session:
        session.execute(update(CountedDay).values(counted_version=0))
    assert roll_up(sessions, RULES, NOW) == 1
    assert (counts(sessions), plays(sessions)) == before


def test_hits_that_arrive_while_counting_are_left_for_the_next_run(sessions: Sessions) -> None:
    write(sessions, media_hit())
    arrived = False

    def classify(user_agent: str) -> Agent:
        nonlocal arrived
        if not arrived:
            arrived = True
            write(sessions, media_hit(address="192.0.2.2"))
        return RULES.classify(user_agent)

    roll_up(sessions, replace(RULES, classify=classify), NOW)
    assert [row[5] for row in counts(sessions)] == [1]
    assert roll_up(sessions, RULES, NOW) == 1
    assert [row[5] for row in counts(sessions)] == [2]


def test_a_slower_process_does_not_overwrite_a_newer_count(sessions: Sessions) -> None:
    write(sessions, media_hit())
    overtaken = False

    def classify(user_agent: str) -> Agent:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            write(sessions, media_hit(address="192.0.2.2"))
            roll_up(sessions, RULES, NOW)
        return RULES.classify(user_agent)

    assert roll_up(sessions, replace(RULES, classify=classify), NOW) == 0
    assert [row[5] for row in counts(sessions)] == [2]


def test_a_newer_list_of_agents_can_be_applied_to_what_is_still_raw(sessions: Sessions) -> None:
    write(sessions, media_hit())
    roll_up(sessions, RULES, NOW)
    bots = replace(RULES, classify=lambda _: Agent("New Bot", "bot", bot=True))
    assert roll_up(sessions, bots, NOW) == 0
    with sessions.begin() as session:
        assert count_again(session, DAY) == 1
    assert roll_up(sessions, bots, NOW) == 1
    assert counts(sessions) == []


def test_an_address_found_busy_late_is_taken_out_of_what_was_counted(sessions: Sessions) -> None:
    def stranger(n: int, **changes: Any) -> MediaHit:
        agent = f"Overcast/{n} CFNetwork/1 Darwin/2"
        return media_hit(member_id=None, feed_id=None, user_agent=agent, **changes)

    write(sessions, stranger(1), stranger(2), stranger(1, address="192.0.2.2"))
    roll_up(sessions, RULES, NOW, busy_limit=3)
    assert sum(row[5] for row in counts(sessions)) == 3
    write(sessions, *(stranger(n, episode_key="two") for n in range(3)))
    roll_up(sessions, RULES, NOW, busy_limit=3)
    assert [(row[1], row[5]) for row in counts(sessions)] == [("one", 1)]


def test_raw_hits_expire_after_their_days_and_counts_stay(sessions: Sessions) -> None:
    write(sessions, media_hit(), media_hit(at=MONDAY.timestamp() + 86_400))
    roll_up(sessions, RULES, NOW)
    before = counts(sessions)
    assert expire_raw_hits(sessions, MONDAY + timedelta(days=10), keep_days=10) == 0
    assert expire_raw_hits(sessions, MONDAY + timedelta(days=11), keep_days=10) == 1
    assert counts(sessions) == before
    assert plays(sessions) != []


def test_a_day_that_is_not_counted_does_not_expire(sessions: Sessions) -> None:
    write(sessions, media_hit())
    late = MONDAY + timedelta(days=400)
    assert expire_raw_hits(sessions, late, keep_days=10) == 0
    roll_up(sessions, RULES, late)
    assert expire_raw_hits(sessions, late, keep_days=10) == 1
    assert [row[5] for row in counts(sessions)] == [1]


def test_a_hit_that_comes_after_its_day_expired_does_not_undo_the_count(
    sessions: Sessions,
) -> None:
    write(sessions, media_hit(), media_hit(address="192.0.2.2"))
    roll_up(sessions, RULES, NOW)
    late = MONDAY + timedelta(days=30)
    expire_raw_hits(sessions, late, keep_days=10)
    write(sessions, media_hit(address="192.0.2.3"))
    with sessions.begin() as session:
        assert count_again(session, DAY) == 0
    assert roll_up(sessions, RULES, late) == 0
    assert [row[5] for row in counts(sessions)] == [2]
    assert expire_raw_hits(sessions, late, keep_days=10) == 1


def test_a_forgotten_member_leaves_hits_and_plays_but_not_the_downloads(
    sessions: Sessions,
) -> None:
    write(sessions, media_hit(), media_hit(member_id=2, feed_id=2, address="192.0.2.2"))
    roll_up(sessions, RULES, NOW)
    with sessions.begin() as session:
        forget_member(session, 1)
        count_again(session, DAY)
    roll_up(sessions, RULES, NOW)
    assert plays(sessions) == [(DAY, "one", 2)]
    assert [row[5] for row in counts(sessions)] == [2]
    with sessions() as session:
        assert session.scalars(select(RawHit.member_id).distinct()).all() == [None, 2]


def test_raw_hits_go_in_steps_and_what_was_cut_off_is_gone_on_with(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sessions, *(media_hit(address=f"192.0.2.{n}") for n in range(7)))
    roll_up(sessions, RULES, NOW)
    before, late = counts(sessions), MONDAY + timedelta(days=30)
    monkeypatch.setattr(expire, "AT_ONCE", 2)
    with monkeypatch.context() as patch:
        patch.setattr(expire, "_delete_some", Dies(expire._delete_some, 2))
        with pytest.raises(Killed):
            expire_raw_hits(sessions, late, keep_days=10)
    with sessions() as session:
        assert len(session.scalars(select(RawHit.id)).all()) == 5
    count_again_all(sessions)
    assert roll_up(sessions, RULES, NOW) == 0
    assert expire_raw_hits(sessions, late, keep_days=10) == 5
    assert counts(sessions) == before


class Killed(BaseException):
    """As good as ``kill -9`` for what comes after it."""


class Dies:
    """Does something, and dies when it is asked to for the n-th time."""

    def __init__(self, work: Callable[..., int], calls: int) -> None:
        self._work, self._left = work, calls

    def __call__(self, *args: Any) -> int:
        self._left -= 1
        if self._left == 0:
            raise Killed
        return self._work(*args)


def count_again_all(sessions: Sessions) -> None:
    with sessions.begin() as session:
        count_again(session, DAY)


def test_what_takes_long_rests_and_what_waited_longest_is_counted_first(
    sessions: Sessions,
) -> None:
    seconds = [0.0]

    def slow(agent: str) -> Agent:
        seconds[0] += 8.0
        return RULES.classify(agent)

    def hits(address: str) -> None:
        keys = ("one", "two", "three", "four")
        write(sessions, *(media_hit(episode_key=key, address=address) for key in keys))

    pace, rules = Pace(lambda: seconds[0]), replace(RULES, classify=slow)
    hits("192.0.2.1")
    first = roll_up(sessions, rules, NOW, pace=pace)
    assert 0 < first < 4  # twenty seconds are over
    assert roll_up(sessions, rules, NOW, pace=pace) == 0  # it rests
    with sessions() as session:
        assert not_yet_counted(session) > 0
    done = first
    for minutes in range(1, 9):
        seconds[0] += 1000.0
        hits("192.0.2.2")
        done += roll_up(sessions, rules, NOW + timedelta(minutes=minutes), pace=pace)
    assert {row[1] for row in counts(sessions)} == {"one", "two", "three", "four"}
    assert done > first


moments = st.builds(
    media_hit,
    at=st.sampled_from([MONDAY.timestamp() + hours * 3600 for hours in (0, 1, 20)]),
    episode_key=st.sampled_from(["one", "two"]),
    address=st.sampled_from(["192.0.2.1", "192.0.2.9"]),
    user_agent=st.sampled_from(["AntennaPod/3", "curl/8", ""]),
    status=st.sampled_from([200, 206, 302, 404]),
    range_header=st.sampled_from([None, "bytes=0-1", "bytes=0-600000", "bytes=500000-"]),
    bytes_served=st.sampled_from([None, 2, 600_000, 10_000_000]),
    member_id=st.sampled_from([None, 1, 2]),
)


@pytest.mark.thorough
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(moments, max_size=10), st.data())
def test_counting_in_any_number_of_steps_gives_what_counting_once_gives(
    sessions: Sessions, hits: list[MediaHit], data: st.DataObject
) -> None:
    def empty() -> None:
        with sessions.begin() as session:
            for table in (RawHit, CountedDay, DailyDownload, MemberPlay):
                session.execute(delete(table))

    empty()
    write(sessions, *hits)
    roll_up(sessions, RULES, NOW)
    once = counts(sessions), plays(sessions)
    empty()
    for hit in data.draw(st.permutations(hits)):
        write(sessions, hit)
        if data.draw(st.booleans()):
            roll_up(sessions, RULES, NOW)
    roll_up(sessions, RULES, NOW)
    assert (counts(sessions), plays(sessions)) == once
