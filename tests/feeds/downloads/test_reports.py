"""Reports say how much, where, since when, and how it was counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Episode
from feeds.downloads.models import DailyDownload, MemberPlay
from feeds.downloads.reports import (
    Count,
    Listening,
    Period,
    downloads_by,
    downloads_per_day,
    downloads_per_episode,
    last_hits_of_feed,
    listeners_of_feed,
    members_listening,
    plays_of_member,
)
from tests.feeds.downloads.hits import MONDAY, OVERCAST, RULES, media_hit, store

Sessions = sessionmaker[Session]
PUBLISHED = date(2026, 1, 1)
JANUARY = Period(date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture
def session(sessions: Sessions) -> Any:
    with sessions() as session:
        yield session


def add(session: Session, day: int, downloads: int, **changes: Any) -> None:
    row = {
        "day": PUBLISHED + timedelta(days=day),
        "episode_key": "one",
        "app": "Overcast",
        "device": "mobile",
        "country": "FR",
        "downloads": downloads,
        "request_based": 0,
    }
    session.execute(insert(DailyDownload), [{**row, **changes}])


def add_play(session: Session, day: int, member_id: int, key: str = "one") -> None:
    row = {"day": PUBLISHED + timedelta(days=day), "episode_key": key, "member_id": member_id}
    session.execute(insert(MemberPlay), [{**row, "request_based": False}])


@pytest.mark.parametrize(
    ("count", "method"),
    [
        (Count(10, 0), "measured"),
        (Count(10, 10), "request_based"),
        (Count(10, 3), "mixed"),
        (Count(0, 0), "measured"),
    ],
)
def test_every_count_says_how_it_was_made(count: Count, method: str) -> None:
    assert count.method == method


def test_every_day_of_a_period_is_there_also_without_downloads(session: Session) -> None:
    add(session, 0, 5)
    add(session, 0, 2, app="Castro", request_based=1)
    add(session, 2, 1, episode_key="two")
    add(session, 40, 9)
    period = Period(PUBLISHED, PUBLISHED + timedelta(days=2))
    days = downloads_per_day(session, 1, period)
    assert [count for _, count in days] == [Count(7, 1), Count(0, 0), Count(1, 0)]
    only_two = downloads_per_day(session, 1, period, "two")
    assert [count.downloads for _, count in only_two] == [0, 0, 1]


def test_another_shows_downloads_are_not_mixed_in(session: Session) -> None:
    add(session, 0, 5, episode_key="elsewhere")
    assert sum(c.downloads for _, c in downloads_per_day(session, 1, JANUARY)) == 0
    assert downloads_per_day(session, 2, Period(PUBLISHED, PUBLISHED)) == [(PUBLISHED, Count(0, 0))]


def test_downloads_are_told_by_app_device_and_country_most_first(session: Session) -> None:
    add(session, 0, 5)
    add(session, 1, 7, app="Castro", country="")
    add(session, 2, 3, app="Apple Podcasts", device="smart_speaker")
    apps = [(name, count.downloads) for name, count in downloads_by(session, "app", 1, JANUARY)]
    assert apps == [("Castro", 7), ("Overcast", 5), ("Apple Podcasts", 3)]
    devices = dict(downloads_by(session, "device", 1, JANUARY))
    assert devices == {"mobile": Count(12, 0), "smart_speaker": Count(3, 0)}
    countries = dict(downloads_by(session, "country", 1, JANUARY, "one"))
    assert countries == {"": Count(7, 0), "FR": Count(8, 0)}


def test_an_episodes_first_7_30_and_90_days_start_on_the_day_it_came_out(
    session: Session,
) -> None:
    for day in (0, 6, 7, 29, 30, 89, 90, 400):
        add(session, day, 1)
    counted = {entry.episode_key: entry for entry in downloads_per_episode(session, 1)}
    first_days = counted["one"].first_days
    assert {span: c and c.downloads for span, c in first_days.items()} == {7: 2, 30: 4, 90: 6}
    assert counted["one"].total == Count(8, 0)


def test_an_episode_without_a_date_has_no_first_days(session: Session) -> None:
    add(session, 3, 2, episode_key="two")
    counted = {entry.episode_key: entry for entry in downloads_per_episode(session, 1)}
    assert counted["two"].first_days == {7: None, 30: None, 90: None}
    assert counted["two"].total == Count(2, 0)


@pytest.mark.thorough
def test_downloads_before_the_date_are_only_in_the_total(session: Session) -> None:
    add(session, -1, 4)
    add(session, 0, 1, request_based=1)
    counted = {entry.episode_key: entry for entry in downloads_per_episode(session, 1)}
    assert counted["one"].first_days[7] == Count(1, 1)
    assert counted["one"].total == Count(5, 1)


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_hour_at_which_it_came_out_does_not_move_its_days(session: Session, hour: int) -> None:
    session.execute(
        update(Episode)
        .where(Episode.key == "one")
        .values(publish_at=datetime(2026, 1, 1, hour, 59, tzinfo=UTC))
    )
    for day in (-1, 0, 6, 7, 29, 30):
        add(session, day, 1)
    counted = {entry.episode_key: entry for entry in downloads_per_episode(session, 1)}
    first_days = counted["one"].first_days
    assert {span: c and c.downloads for span, c in first_days.items()} == {7: 2, 30: 4, 90: 5}


def test_first_days_are_over_when_the_day_after_them_begins(session: Session) -> None:
    counted = {entry.episode_key: entry for entry in downloads_per_episode(session, 1)}
    last = datetime(2026, 1, 7, 23, 59, tzinfo=UTC)
    assert not counted["one"].is_over(7, last)
    assert counted["one"].is_over(7, last + timedelta(minutes=1))
    assert not counted["two"].is_over(7, last)  # never came out


def test_a_members_plays_are_listed_latest_first(session: Session) -> None:
    add_play(session, 0, 1)
    add_play(session, 2, 1, "two")
    add_play(session, 1, 2)
    heard = [(play.day.day, play.episode_key) for play in plays_of_member(session, 1)]
    assert heard == [(3, "two"), (1, "one")]
    assert len(plays_of_member(session, 1, show_id=1)) == 2
    assert plays_of_member(session, 1, show_id=2) == []
    assert len(plays_of_member(session, 1, limit=1)) == 1


def test_members_listening_counts_plays_and_people(session: Session) -> None:
    add_play(session, 0, 1)
    add_play(session, 1, 1)
    add_play(session, 1, 2, "two")
    assert members_listening(session, 1, JANUARY) == Listening(plays=3, members=2)
    assert members_listening(session, 1, JANUARY, "two") == Listening(plays=1, members=1)
    assert members_listening(session, 2, JANUARY) == Listening(plays=0, members=0)


def test_the_last_requests_of_a_feed_say_why_they_do_not_count(sessions: Sessions) -> None:
    start = MONDAY.timestamp()
    store(
        sessions,
        media_hit(at=start),
        media_hit(at=start + 1, status=403, bytes_served=9),
        media_hit(at=start + 2, user_agent="Overcast/1.0 Podcast Sync (1 subscribers)"),
        media_hit(feed_id=2),
    )
    with sessions() as session:
        judged = last_hits_of_feed(session, 1, RULES)
    assert [(j.hit.status, j.refused) for j in judged] == [
        (200, "app_server"),
        (403, "status"),
        (200, None),
    ]


def test_listeners_of_a_feed_are_told_apart_by_address_without_servers(
    sessions: Sessions,
) -> None:
    store(
        sessions,
        media_hit(),
        media_hit(user_agent="Castro/1"),
        media_hit(address="192.0.2.2"),
        media_hit(address="192.0.2.3", user_agent="Spotify/1.0"),
        media_hit(address="192.0.2.4", feed_id=2),
        media_hit(at=MONDAY.timestamp() + 86_400, user_agent=OVERCAST),
    )
    with sessions() as session:
        found = listeners_of_feed(session, 1, JANUARY, RULES)
    assert found == [(date(2026, 1, 5), 2), (date(2026, 1, 6), 1)]
