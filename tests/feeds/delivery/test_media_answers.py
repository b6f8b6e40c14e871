"""Audio, chapters and transcripts: entitlement on every request, and correct HTTP."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from episodes.models import Episode, Show, Transcript
from episodes.storage.base import Storage
from episodes.storage.small import put_bytes
from feeds.delivery.facts import Request
from feeds.delivery.lane import Lane
from feeds.downloads.record import MediaHit
from feeds.personalise import Canvas
from tests.builders import build_episode
from tests.conftest import Clock, Get, Notes, People, body_of, header

pytestmark = pytest.mark.both_databases

DATA = bytes(range(256)) * 40


@pytest.fixture
def episode(session: Session, storage: Storage, show: Show, now: datetime) -> Episode:
    made = build_episode(session, storage, show, now, data=DATA)
    session.commit()
    return made


def test_the_four_people_at_a_members_episode(get: Get, people: People, episode: Episode) -> None:
    name = f"/{episode.key}.mp3"
    paid = get(people.paying.media + name)
    assert (paid.status, body_of(paid)) == (200, DATA)
    assert get(people.lapsed.media + name).status == 403
    assert get(people.free.media + name).status == 403
    assert get("/m/" + people.stranger[3:] + name).status == 404


def test_a_refusal_is_not_audio(get: Get, people: People, episode: Episode) -> None:
    refused = get(people.lapsed.media + f"/{episode.key}.mp3")
    assert header(refused, "Content-Type") == "text/plain; charset=utf-8"


def test_a_feed_token_does_not_open_media(get: Get, people: People, episode: Episode) -> None:
    assert get("/m/" + people.paying.feed[3:] + f"/{episode.key}.mp3").status == 404


def test_access_ends_with_the_membership_between_two_requests(
    get: Get, people: People, episode: Episode, session: Session, show: Show, clock: Clock
) -> None:
    from podcast_server.accounts.models import Member
    from tests.builders import give_membership

    free = session.get_one(Member, people.free.member_id)
    give_membership(session, free, show, clock.now, ends_at=clock.now + timedelta(hours=1))
    session.commit()
    path = people.free.media + f"/{episode.key}.mp3"
    assert get(path).status == 200
    clock.advance(hours=1)
    assert get(path).status == 403


def test_an_episode_of_another_show_is_not_found(
    get: Get, people: People, session: Session, storage: Storage, now: datetime
) -> None:
    from tests.builders import build_show

    other = build_episode(session, storage, build_show(session, now), now)
    session.commit()
    assert get(people.paying.media + f"/{other.key}.mp3").status == 404


def test_a_scheduled_episode_is_not_found_before_its_time(
    get: Get,
    people: People,
    session: Session,
    storage: Storage,
    show: Show,
    clock: Clock,
) -> None:
    later = build_episode(session, storage, show, clock.now, at=clock.now + timedelta(hours=1))
    session.commit()
    path = people.paying.media + f"/{later.key}.mp3"
    assert get(path).status == 404
    clock.advance(hours=1)
    assert get(path).status == 200


def test_head_tells_length_type_and_ranges(get: Get, people: People, episode: Episode) -> None:
    head = get(people.paying.media + f"/{episode.key}.mp3", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert header(head, "Content-Length") == str(len(DATA))
    assert header(head, "Content-Type") == "audio/mpeg"
    assert header(head, "Accept-Ranges") == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-1", 0, 2), ("bytes=100-", 100, len(DATA)), ("bytes=-7", len(DATA) - 7, len(DATA))],
)
def test_a_range_is_answered_with_exactly_those_bytes(
    get: Get, people: People, episode: Episode, asked: str, start: int, end: int
) -> None:
    answer = get(people.paying.media + f"/{episode.key}.mp3", range=asked)
    assert answer.status == 206
    assert body_of(answer) == DATA[start:end]
    assert header(answer, "Content-Range") == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert header(answer, "Content-Length") == str(end - start)


def test_a_range_beyond_the_file_is_416_with_its_size(
    get: Get, people: People, episode: Episode
) -> None:
    answer = get(people.paying.media + f"/{episode.key}.mp3", range="bytes=999999-")
    assert answer.status == 416
    assert header(answer, "Content-Range") == f"bytes */{len(DATA)}"


def test_if_range_resumes_only_the_same_file(get: Get, people: People, episode: Episode) -> None:
    path = people.paying.media + f"/{episode.key}.mp3"
    etag = header(get(path, "HEAD"), "ETag")
    assert get(path, range="bytes=5-", if_range=etag).status == 206
    whole = get(path, range="bytes=5-", if_range='"another"')
    assert (whole.status, body_of(whole)) == (200, DATA)


def test_an_unchanged_file_answers_304(get: Get, people: People, episode: Episode) -> None:
    path = people.paying.media + f"/{episode.key}.mp3"
    assert get(path, if_none_match=header(get(path, "HEAD"), "ETag")).status == 304


def test_what_was_taken_is_noted_when_the_stream_ends(
    get: Get, people: People, episode: Episode, notes: Notes
) -> None:
    body_of(get(people.paying.media + f"/{episode.key}.mp3", range="bytes=100-", user_agent="X/1"))
    [note] = notes.seen
    assert isinstance(note, MediaHit)
    assert (note.range_header, note.bytes_served) == ("bytes=100-", len(DATA) - 100)
    assert (note.member_id, note.feed_id) == (people.paying.member_id, people.paying.feed_id)
    assert (note.status, note.method, note.user_agent) == (206, "GET", "X/1")


def test_a_listener_who_hangs_up_is_noted_with_what_they_took(
    get: Get, people: People, session: Session, storage: Storage, show: Show, notes: Notes
) -> None:
    big = build_episode(session, storage, show, show.updated_at, data=b"x" * 500_000)
    session.commit()
    answer = get(people.paying.media + f"/{big.key}.mp3")
    assert not isinstance(answer.body, bytes | Canvas)
    chunks = answer.body.chunks()
    first = next(chunks)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    [note] = notes.seen
    assert isinstance(note, MediaHit)
    assert note.bytes_served == len(first)


def test_head_is_not_noted(get: Get, people: People, episode: Episode, notes: Notes) -> None:
    get(people.paying.media + f"/{episode.key}.mp3", "HEAD")
    assert notes.seen == []


def test_downloads_beyond_the_places_wait_while_feeds_go_on(
    get: Get, people: People, episode: Episode
) -> None:
    path = people.paying.media + f"/{episode.key}.mp3"
    running = [get(path) for _ in range(3)]
    full = get(path)
    assert full.status == 503
    assert header(full, "Retry-After")
    assert get(people.paying.feed).status == 200
    body_of(running[0])
    assert get(path).status == 200


def test_chapters_are_json_and_for_those_who_may_hear(
    get: Get, people: People, episode: Episode, session: Session
) -> None:
    episode.chapters = [{"startTime": 0, "title": "Tide"}, {"startTime": 30.5, "title": "Rope"}]
    session.commit()
    path = f"/{episode.key}.chapters.json"
    answer = get(people.paying.media + path)
    assert header(answer, "Content-Type") == "application/json+chapters"
    document = json.loads(body_of(answer))
    assert document["version"] == "1.2.0"
    assert [chapter["title"] for chapter in document["chapters"]] == ["Tide", "Rope"]
    assert get(people.lapsed.media + path).status == 403


def test_a_transcript_is_for_those_who_may_hear(
    get: Get, people: People, episode: Episode, session: Session, storage: Storage
) -> None:
    put_bytes(storage, "transcripts/t.vtt", b"WEBVTT\n", content_type="text/vtt")
    transcript = Transcript(
        episode_id=episode.id,
        object_key="transcripts/t.vtt",
        mime="text/vtt",
        extension="vtt",
        size=7,
    )
    session.add(transcript)
    session.commit()
    path = f"/{episode.key}.{transcript.id}.vtt"
    answer = get(people.paying.media + path)
    assert (answer.status, body_of(answer)) == (200, b"WEBVTT\n")
    assert header(answer, "Access-Control-Allow-Origin") == "*"
    assert get(people.lapsed.media + path).status == 403
    assert get(people.paying.media + f"/{episode.key}.999.vtt").status == 404


def test_the_public_door_serves_public_episodes_only(
    get: Get, session: Session, storage: Storage, show: Show, now: datetime, episode: Episode
) -> None:
    free = build_episode(session, storage, show, now, audience="free", data=DATA)
    session.commit()
    assert body_of(get(f"/listen/{free.key}.mp3")) == DATA
    assert get(f"/listen/{episode.key}.mp3").status == 403
    assert get("/listen/aaaaaaaaaa.mp3").status == 404


@pytest.mark.parametrize(
    "name", ["..%2f..", "../../etc/passwd", "x.mp3", "", "aaaaaaaaaa", "aaaaaaaaaa.", "a" * 9000]
)
def test_names_that_are_no_media_names_are_nobodys(
    lane: Lane, people: People, name: str, tmp_path: Path
) -> None:
    assert lane.answer(Request("GET", f"{people.paying.media}/{name}")) is None


def test_nginx_is_told_which_file_to_send_when_it_stands_in_front(
    tmp_path: Path, people: People, session: Session, show: Show, lane: Lane, now: datetime
) -> None:
    from episodes.storage.base import StorageSettings
    from episodes.storage.choose import open_storage
    from feeds.delivery.media import AudioSource

    local = open_storage(StorageSettings(backend="local", folder=tmp_path))
    made = build_episode(session, local, show, now, data=DATA)
    session.commit()
    lane._source = AudioSource(local, "/protected/")
    path = f"{people.paying.media}/{made.key}.mp3"
    answer = lane.answer(Request("GET", path, range="bytes=5-"))
    assert answer is not None
    assert made.audio is not None
    assert header(answer, "X-Accel-Redirect") == f"/protected/{made.audio.object_key}"
    assert answer.body == b""
    refused = lane.answer(Request("GET", path.replace(people.paying.media, people.lapsed.media)))
    assert refused is not None
    assert header(refused, "X-Accel-Redirect") == ""


def test_a_database_that_is_away_is_503_and_not_gone(lane: Lane, people: People) -> None:
    from feeds.delivery.door import answer_or_busy

    class Broken:
        def feed(self, _key: str) -> None:
            raise OSError("no database")

    lane._lookup = Broken()  # type: ignore[assignment]
    answer = answer_or_busy(lane, Request("GET", people.paying.feed))
    assert answer is not None
    assert answer.status == 503
    assert header(answer, "Retry-After")


def test_the_end_of_a_process_waits_until_every_download_is_noted(
    lane: Lane, get: Get, people: People, episode: Episode, notes: Notes
) -> None:
    running = get(people.paying.media + f"/{episode.key}.mp3")
    late = threading.Timer(0.05, body_of, [running])
    late.start()
    assert lane.drain(10)
    late.join()
    assert len(notes.seen) == 1


def test_but_not_for_ever(lane: Lane, get: Get, people: People, episode: Episode) -> None:
    hanging = get(people.paying.media + f"/{episode.key}.mp3")
    assert not lane.drain(0.01)
    body_of(hanging)
