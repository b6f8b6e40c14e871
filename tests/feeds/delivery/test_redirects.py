"""Redirects given before are given again from memory, and never when they are not right any more.

How a change is noticed on either database is tried with the memory of feeds (test_memory.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from episodes.storage.base import Storage
from episodes.storage.memory import MemoryStorage
from feeds.delivery.door import fast_lane
from feeds.delivery.lane import Lane
from feeds.delivery.postgresql_watch import PostgresqlWatch
from feeds.delivery.sqlite_watch import SqliteWatch
from feeds.downloads.record import MediaHit
from feeds.grants import end_grant, grants_of
from feeds.models import PrivateFeed
from feeds.private_feeds import revoke_feed
from podcast_server.accounts.models import Member
from tests.builders import CAUSE, build_episode, give_membership
from tests.conftest import Clock, Get, Notes, People, header
from tests.feeds.delivery.again import by_the_door


class Elsewhere(MemoryStorage):
    """Audio that others send, at an address of each hour."""

    asked = 0

    def presigned_get(
        self, key: str, *, now: datetime, content_type: str, filename: str = ""
    ) -> str | None:
        self.asked += 1
        return f"https://audio.example/{key}?hour={now.timestamp() // 3600:.0f}"


@pytest.fixture
def storage() -> Storage:
    return Elsewhere()


@pytest.fixture
def episode(session: Session, storage: Storage, show: Show, now: datetime) -> Episode:
    made = build_episode(session, storage, show, now)
    session.commit()
    return made


@pytest.fixture
def path(people: People, episode: Episode, get: Get) -> str:
    """Where the paying member hears the episode, asked for until it is remembered."""
    path = people.paying.media + f"/{episode.key}.mp3"
    for _ in range(3):
        assert get(path).status == 302
    return path


def test_who_asks_again_is_sent_to_the_same_place(get: Get, path: str, storage: Elsewhere) -> None:
    before = storage.asked
    again = get(path)
    assert (again.status, storage.asked) == (302, before)
    assert header(again, "Location").startswith("https://audio.example/")
    assert header(again, "Cache-Control") == "private, no-store"


def test_each_request_is_noted_with_what_was_asked(get: Get, path: str, notes: Notes) -> None:
    notes.seen.clear()
    get(path, range="bytes=0-99", user_agent="Castro/1")
    get(path, range="bytes=100-", user_agent="Overcast/3")
    noted = [(n.range_header, n.user_agent, n.status) for n in notes.seen]  # type: ignore[union-attr]
    assert noted == [("bytes=0-99", "Castro/1", 302), ("bytes=100-", "Overcast/3", 302)]


def test_the_note_of_a_remembered_redirect_is_that_of_the_first(
    get: Get, people: People, episode: Episode, notes: Notes, lane: Lane
) -> None:
    for _ in range(4):
        get(people.paying.media + f"/{episode.key}.mp3")
    assert len(set(notes.seen)) == 1


def test_head_is_answered_without_sending_on(get: Get, path: str) -> None:
    assert get(path, method="HEAD").status == 200


def test_other_methods_are_refused(get: Get, path: str) -> None:
    assert get(path, method="POST").status == 405


def _end(session: Session, people: People, _episode: Episode) -> None:
    for grant in grants_of(session, people.paying.member_id):
        end_grant(session, grant, at=grant.starts_at, now=grant.starts_at, cause=CAUSE)


def _revoke(session: Session, people: People, episode: Episode) -> None:
    feed = session.get_one(PrivateFeed, people.paying.feed_id)
    revoke_feed(session, feed, cause=CAUSE, now=episode.updated_at)


def _withdraw(session: Session, _people: People, episode: Episode) -> None:
    session.get_one(Episode, episode.id).state = "withdrawn"
    session.get_one(Show, episode.show_id).revision += 1


@pytest.mark.parametrize(("change", "status"), [(_end, 403), (_revoke, 410), (_withdraw, 404)])
def test_a_change_counts_at_once(
    get: Get,
    path: str,
    session: Session,
    people: People,
    episode: Episode,
    change: Callable[[Session, People, Episode], None],
    status: int,
) -> None:
    change(session, people, episode)
    session.commit()
    assert get(path).status == status


def test_a_membership_that_runs_out_closes_it_to_the_second(
    get: Get, people: People, episode: Episode, session: Session, show: Show, clock: Clock
) -> None:
    free = session.get_one(Member, people.free.member_id)
    give_membership(session, free, show, clock.now, ends_at=clock.now + timedelta(seconds=30))
    session.commit()
    path = people.free.media + f"/{episode.key}.mp3"
    assert [get(path).status for _ in range(3)] == [302] * 3
    clock.advance(seconds=29)
    assert get(path).status == 302
    clock.advance(seconds=1)
    assert get(path).status == 403


def test_a_free_episode_that_closes_by_itself_closes_to_the_second(
    get: Get, people: People, session: Session, storage: Storage, show: Show, clock: Clock
) -> None:
    free = build_episode(session, storage, show, clock.now, audience="free")
    free.public_from, free.public_until = clock.now, clock.now + timedelta(seconds=30)
    session.commit()
    path = people.free.media + f"/{free.key}.mp3"
    assert [get(path).status for _ in range(3)] == [302] * 3
    clock.advance(seconds=30)
    assert get(path).status == 403


def test_the_address_behind_is_asked_for_anew_when_it_is_another(
    get: Get, path: str, clock: Clock, storage: Elsewhere
) -> None:
    left = storage.address_window - clock() % storage.address_window
    before, old = storage.asked, header(get(path), "Location")
    clock.advance(seconds=left - 1)
    assert (header(get(path), "Location"), storage.asked) == (old, before)
    clock.advance(seconds=1)
    assert header(get(path), "Location") != old
    assert storage.asked == before + 1


def test_refusals_are_not_remembered(
    get: Get, people: People, episode: Episode, session: Session, show: Show, now: datetime
) -> None:
    path = people.free.media + f"/{episode.key}.mp3"
    assert [get(path).status for _ in range(3)] == [403] * 3
    give_membership(session, session.get_one(Member, people.free.member_id), show, now)
    session.commit()
    assert get(path).status == 302


def test_the_door_gives_it_again_with_the_same_note(
    lane: Lane, path: str, storage: Elsewhere, notes: Notes
) -> None:
    notes.seen.clear()
    before = storage.asked
    facts = {"HTTP_RANGE": "bytes=5-", "HTTP_USER_AGENT": "Castro/1", "REMOTE_ADDR": "192.0.2.7"}
    status, headers = by_the_door(lane, path, facts)
    assert (status, storage.asked) == ("302 Found", before)
    assert headers["Location"].startswith("https://audio.example/")
    [note] = notes.seen
    assert isinstance(note, MediaHit)
    assert (note.range_header, note.user_agent, note.address) == (
        "bytes=5-",
        "Castro/1",
        "192.0.2.7",
    )


def test_the_door_says_later_where_the_memory_cannot_be_asked(
    lane: Lane, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for watch in (SqliteWatch, PostgresqlWatch):
        monkeypatch.setattr(watch, "current", broken)
    assert by_the_door(lane, path)[0] == "passed on"
    status, headers = by_the_door(lane, path, behind=fast_lane(lane, nobody))
    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "60")


def nobody(_environ: object, _start: object) -> list[bytes]:
    raise AssertionError("the lane leaves it to the pages")


def broken(*_: object) -> None:
    raise OSError("no such disk")
