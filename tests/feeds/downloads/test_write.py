"""Gathered hits and polls become rows; addresses do not."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.models import CountedDay, RawHit
from feeds.downloads.parcels import take_in_parcels
from feeds.downloads.record import Entry, FeedPoll, HitBuffer
from feeds.downloads.write import entry_writer
from feeds.models import PrivateFeed
from tests.feeds.downloads.hits import MONDAY, OVERCAST, media_hit, store

SECRET = b"a secret"
Sessions = sessionmaker[Session]


def write(sessions: Sessions, *entries: Entry, **options: Any) -> None:
    store(sessions, *entries, **options)


def raw_hits(sessions: Sessions) -> list[RawHit]:
    with sessions() as session:
        return list(session.scalars(select(RawHit).order_by(RawHit.id)))


def feed(sessions: Sessions, feed_id: int = 1) -> PrivateFeed:
    with sessions() as session:
        return session.get_one(PrivateFeed, feed_id)


def test_a_hit_is_kept_with_its_day_range_and_bytes(sessions: Sessions) -> None:
    write(sessions, media_hit(status=206, range_header="bytes=100-", bytes_served=77))
    (row,) = raw_hits(sessions)
    assert (row.at, row.day, row.episode_key) == (MONDAY, date(2026, 1, 5), "one")
    assert (row.range_start, row.range_end, row.bytes_served) == (100, None, 77)
    assert (row.feed_id, row.member_id, row.user_agent) == (1, 1, OVERCAST)


def test_no_address_is_stored_anywhere(sessions: Sessions) -> None:
    hits: list[Entry] = [media_hit(address="203.0.113.77"), media_hit(address="2001:db8:aa:bb::77")]
    write(sessions, *hits)
    entry_writer(sessions, SECRET)(hits)
    with sessions() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM raw_hits").all()
        posted = session.connection().exec_driver_sql("SELECT * FROM hit_parcels").all()
    text = repr([rows, posted])
    assert "203.0.113" not in text
    assert "2001:db8" not in text


def test_one_listener_has_another_hash_on_another_day(sessions: Sessions) -> None:
    tomorrow = media_hit(at=MONDAY.timestamp() + 86_400)
    write(sessions, media_hit(), media_hit(), tomorrow)
    today, again, later = (row.ip_hash for row in raw_hits(sessions))
    assert today == again != later


def test_head_requests_are_not_kept(sessions: Sessions) -> None:
    write(sessions, media_hit(method="HEAD"))
    assert raw_hits(sessions) == []


def test_new_hits_make_their_day_due(sessions: Sessions) -> None:
    write(sessions, media_hit(), media_hit(), media_hit(episode_key="two"))
    write(sessions, media_hit())
    with sessions() as session:
        days = session.scalars(select(CountedDay).order_by(CountedDay.episode_key)).all()
    assert [(day.episode_key, day.hits_version, day.counted_version) for day in days] == [
        ("one", 2, 0),
        ("two", 1, 0),
    ]


def test_the_country_is_looked_up_before_the_address_is_forgotten(sessions: Sessions) -> None:
    known = {"192.0.2.1": "FR"}
    write(sessions, media_hit(), media_hit(address="192.0.2.2"), country_of=known.get)
    assert [row.country for row in raw_hits(sessions)] == ["FR", None]


def test_a_poll_is_noted_on_its_feed(sessions: Sessions) -> None:
    poll = FeedPoll(MONDAY.timestamp(), 1, 304, "Overcast/1.0 Podcast Sync (1 subscribers)")
    write(sessions, poll)
    noted = feed(sessions)
    assert (noted.last_app, noted.last_status) == ("Overcast", 304)
    assert noted.first_fetched_at == noted.last_fetched_at == MONDAY
    assert feed(sessions, 2).last_fetched_at is None


def test_the_first_fetch_stays_the_first_and_late_news_overwrite_nothing(
    sessions: Sessions,
) -> None:
    start = MONDAY.timestamp()
    polls = [FeedPoll(start, 1, 200, "AntennaPod/3"), FeedPoll(start + 60, 1, 304, "Castro/1024")]
    write(sessions, *reversed(polls))
    write(sessions, FeedPoll(start + 30, 1, 500, "curl/8"))
    noted = feed(sessions)
    assert (noted.last_app, noted.last_status) == ("Castro", 304)
    assert noted.last_fetched_at == datetime.fromtimestamp(start + 60, UTC)


def test_a_poll_of_a_feed_that_is_gone_does_no_harm(sessions: Sessions) -> None:
    write(sessions, FeedPoll(MONDAY.timestamp(), 99, 200, "AntennaPod/3"), media_hit())
    assert len(raw_hits(sessions)) == 1


def test_a_media_library_is_kept_with_the_app_of_its_feed(sessions: Sessions) -> None:
    library = "AppleCoreMedia/1.0.0.19A583 (iPhone; U; CPU OS 15_0 like Mac OS X; en_us)"
    write(sessions, FeedPoll(MONDAY.timestamp(), 1, 200, "Castamatic/38 CFNetwork/1 Darwin/2"))
    write(
        sessions,
        media_hit(user_agent=library),
        media_hit(user_agent=library, feed_id=None),
        media_hit(),
    )
    assert [row.feed_app for row in raw_hits(sessions)] == ["Castamatic", "", ""]


@pytest.mark.parametrize(
    "user_agent",
    ["a\x00b", "half \ud800 pair", "x" * 5000, "Подкасты/1", "'); DROP TABLE raw_hits;--"],
)
def test_a_hostile_user_agent_is_stored_tamely(sessions: Sessions, user_agent: str) -> None:
    write(sessions, media_hit(user_agent=user_agent), FeedPoll(1.0, 1, 200, user_agent))
    (row,) = raw_hits(sessions)
    assert len(row.user_agent) <= 512
    assert "\x00" not in row.user_agent


@pytest.mark.parametrize("address", ["", "unknown", "999.9.9.9", "x" * 1000])
def test_a_broken_address_is_no_reason_to_lose_the_hit(sessions: Sessions, address: str) -> None:
    write(sessions, media_hit(address=address))
    assert [row.ip_hash for row in raw_hits(sessions)] == [""]


def test_an_entry_the_database_never_takes_does_not_hold_up_the_others(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = media_hit(episode_key=None)
    with caplog.at_level(logging.WARNING):
        write(sessions, media_hit(), impossible, media_hit(episode_key="two"))
    assert [row.episode_key for row in raw_hits(sessions)] == ["one", "two"]
    assert "left out" in caplog.text


def test_a_database_that_is_away_is_an_error_so_that_the_buffer_tries_again(
    sessions: Sessions,
) -> None:
    buffer = HitBuffer(entry_writer(sessions, SECRET))
    buffer.put(media_hit())
    with sessions.begin() as session:
        session.connection().exec_driver_sql("ALTER TABLE hit_parcels RENAME TO elsewhere")
    with pytest.raises(DatabaseError):
        write(sessions, media_hit())
    assert not buffer.flush()
    with sessions.begin() as session:
        session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO hit_parcels")
    assert buffer.flush()
    assert take_in_parcels(sessions) == 1
