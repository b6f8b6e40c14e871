"""A clock that is put two hours back, or a day on and back again, costs nobody anything for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage, StorageSettings
from episodes.storage.s3 import S3Storage
from feeds.delivery.throttle import Throttle
from podcast_server.accounts.models import Member
from podcast_server.accounts.sessions import find_session, forget_sessions, start_session
from podcast_server.database import session_factory
from podcast_server.invariants import World, broken_rules
from podcast_server.jobs.runner import run_due_jobs
from podcast_server.jobs.schedule import SCHEDULE
from podcast_server.services import Services
from tests.builders import build_episode, give_membership
from tests.conftest import Clock, Get, People, body_of, header

JUMPS = [
    pytest.param([timedelta(hours=-2)], id="two hours back"),
    pytest.param([timedelta(days=1), timedelta(days=-1)], id="a day on and back"),
]


def jump(clock: Clock, jumps: list[timedelta]) -> Iterator[None]:
    """Makes each jump, and lets something happen after it."""
    for each in jumps:
        clock.now += each
        yield


def status(get: Get, path: str) -> int:
    """Of an answer that is listened to until its end."""
    answer = get(path)
    body_of(answer)
    return answer.status


@pytest.mark.parametrize("jumps", JUMPS)
def test_a_members_feed_and_audio_are_given_all_the_time(
    get: Get,
    session: Session,
    storage: Storage,
    show: Show,
    people: People,
    clock: Clock,
    jumps: list[timedelta],
) -> None:
    episode = build_episode(session, storage, show, clock.now)
    session.commit()
    first = get(people.paying.feed)
    for _ in jump(clock, jumps):
        again = get(people.paying.feed, if_none_match=header(first, "ETag"))
        assert again.status in {200, 304}
        assert status(get, f"{people.paying.media}/{episode.key}.mp3") == 200
        assert status(get, f"{people.lapsed.media}/{episode.key}.mp3") == 403
    assert body_of(get(people.paying.feed)) == body_of(first)


def test_what_ended_or_came_out_by_a_wrong_clock_is_as_before_once_it_is_right(
    get: Get,
    session: Session,
    storage: Storage,
    show: Show,
    people: People,
    clock: Clock,
) -> None:
    soon = clock.now + timedelta(hours=3)
    scheduled = build_episode(session, storage, show, clock.now, at=soon)
    out = build_episode(session, storage, show, clock.now)
    ending = session.get_one(Member, people.free.member_id)
    give_membership(session, ending, show, clock.now, ends_at=soon)
    session.commit()

    def heard() -> tuple[int, bool]:
        audio = status(get, f"{people.free.media}/{out.key}.mp3")
        return audio, scheduled.title.encode() in body_of(get(people.paying.feed))

    assert heard() == (200, False)
    clock.advance(days=1)
    assert heard() == (403, True)
    clock.advance(days=-1)
    assert heard() == (200, False)
    clock.advance(hours=4)
    assert heard() == (403, True)


@pytest.mark.parametrize("jumps", JUMPS)
def test_who_is_signed_in_stays_so(
    session: Session, people: People, clock: Clock, jumps: list[timedelta]
) -> None:
    token = start_session(session, people.paying.member_id, device="phone", now=clock.now)
    for _ in jump(clock, jumps):
        forget_sessions(session, clock.now)
        assert find_session(session, token, clock.now) is not None


@pytest.mark.parametrize("jumps", JUMPS)
def test_a_signed_address_is_never_dated_in_the_future(
    clock: Clock, jumps: list[timedelta]
) -> None:
    storage = S3Storage(
        StorageSettings(
            backend="s3",
            bucket="audio",
            endpoint="http://127.0.0.1:9",
            access_key="AK",
            secret_key="SK",
        )
    )

    def dated() -> datetime:
        url = storage.presigned_get("a.mp3", now=clock.now, content_type="audio/mpeg")
        assert url is not None
        [date] = parse_qs(urlsplit(url).query)["X-Amz-Date"]
        return datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z")

    first = dated()
    assert first <= clock.now
    for _ in jump(clock, jumps):
        assert clock.now - timedelta(days=1) < dated() <= clock.now


@pytest.mark.parametrize("jumps", JUMPS)
def test_who_was_over_a_bound_waits_no_longer_than_a_minute(
    clock: Clock, jumps: list[timedelta]
) -> None:
    throttle = Throttle("feed", 5)
    for _ in range(6):
        held = throttle.exceeded("somebody", clock())
    assert 0 < held <= 60
    for _ in jump(clock, jumps):
        assert throttle.exceeded("somebody", clock()) == 0
        for _ in range(6):
            held = throttle.exceeded("somebody", clock())
        assert 0 < held <= 60


@pytest.mark.thorough
def test_all_jobs_run_and_no_rule_is_broken(
    services: Services, session: Session, storage: Storage, show: Show, people: People, clock: Clock
) -> None:
    build_episode(session, storage, show, clock.now)
    give_membership(session, session.get_one(Member, people.free.member_id), show, clock.now)
    session.commit()
    names = {job.name for job in SCHEDULE}
    for step in (timedelta(0), timedelta(days=1), timedelta(days=-1), timedelta(hours=-2)):
        clock.now += step
        ran = set(run_due_jobs(services, clock.now))
        longest = {job.name for job in SCHEDULE if job.every > timedelta(hours=2)}
        assert names - ran <= (longest if step else set())
        clock.advance(minutes=2)
        assert {"send-mail", "count-downloads"} <= set(run_due_jobs(services, clock.now))
    with session_factory(services.engine)() as there:
        assert list(broken_rules(World(there, storage, clock.now))) == []
