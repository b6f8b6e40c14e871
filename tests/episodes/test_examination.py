"""Examining what was uploaded: by one at a time, and again where whoever did it has died."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from episodes import examination
from episodes.errors import EpisodeError
from episodes.examination import LEFT_AFTER, examine_upload, waiting_uploads, waits_too_long
from episodes.ingest import find_orphans
from episodes.models import Audio, Show, Upload
from episodes.storage.base import Storage, StorageUnavailable
from episodes.uploads import abandon_upload, complete_upload, find_upload
from podcast_server.database import session_factory
from tests.episodes.uploading import SAMPLE, arrived, begin, send
from tests.running import PATIENCE


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


def test_a_good_file_becomes_ready_with_what_its_tags_say(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    engine: Engine,
    now: datetime,
) -> None:
    data = SAMPLE.read_bytes()
    upload = arrived(session, storage, show, data, now)
    assert waiting_uploads(engine, now) == [upload.key]
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    assert waiting_uploads(engine, now) == []
    session.expire_all()
    session.refresh(upload)
    assert upload.state == "ready"
    assert upload.fields["title"] == "First light on the quay"
    audio = session.get_one(Audio, upload.audio_id)
    with storage.open(audio.object_key) as reader:
        assert reader.read() == data
    assert storage.stat(upload.object_key) is None


def test_examined_by_two_at_once_it_is_one_audio(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = SAMPLE.read_bytes()
    upload = arrived(session, storage, show, data, now)
    put, faster = storage.put, [True]

    def put_after_another(*args: object, **options: object) -> object:
        if faster:
            faster.pop()
            later = now + timedelta(minutes=11)  # when the first is taken for dead
            examine_upload(sessions, storage, upload.key, convert_to=None, now=later)
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "put", put_after_another)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert not faster
    assert upload.state == "ready"
    assert [audio.id for audio in session.scalars(select(Audio))] == [upload.audio_id]


def test_what_two_find_waiting_at_once_is_examined_by_one(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = arrived(session, storage, show, SAMPLE.read_bytes(), now)
    put, second = storage.put, list[str]()

    def put_while_another_begins(*args: object, **options: object) -> object:
        examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
        with sessions() as looking:
            second.append(looking.get_one(Upload, upload.id).state)
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "put", put_while_another_begins)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    assert set(second) == {"examining"}
    session.refresh(upload)
    assert upload.state == "ready"


def test_what_is_no_audio_is_refused_with_the_reason(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
) -> None:
    data = b"%PDF-1.7" + b"not audio" * 99
    upload = begin(session, storage, show, data, now, "report.mp3")
    send(upload, storage, data, 1)
    complete_upload(session, storage, upload, now)
    session.commit()
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.state == "refused"
    assert "not" in upload.reason
    assert storage.stat(upload.object_key) is not None


def test_an_examination_cut_off_by_a_crash_is_done_again_but_not_for_ever(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    engine: Engine,
    now: datetime,
) -> None:
    data = SAMPLE.read_bytes()
    upload = begin(session, storage, show, data, now)
    send(upload, storage, data, 1)
    complete_upload(session, storage, upload, now)
    upload.attempts = 1
    session.commit()
    assert waiting_uploads(engine, now) == []
    for attempts, after in enumerate(LEFT_AFTER, start=1):
        upload.attempts = attempts
        session.commit()
        assert waiting_uploads(engine, now + after) == []
        assert waiting_uploads(engine, now + after + timedelta(seconds=1)) == [upload.key]
    later = now + after + timedelta(seconds=1)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=later)
    session.refresh(upload)
    assert upload.state == "refused"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "away", [StorageUnavailable("the S3 server is away"), OSError(errno.ENOSPC, "full")]
)
def test_while_the_storage_is_away_or_full_an_upload_waits_and_is_not_refused(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    engine: Engine,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    away: Exception,
) -> None:
    data = SAMPLE.read_bytes()
    upload = arrived(session, storage, show, data, now)

    def fail(*_args: object, **_more: object) -> None:
        raise away

    with monkeypatch.context() as patched:
        patched.setattr(storage, "put", fail)
        for _often in range(5):
            examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
            assert waiting_uploads(engine, now) == [upload.key]
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.state == "ready"


def test_what_is_left_of_an_examined_upload_is_an_orphan_and_a_waiting_one_is_not(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = SAMPLE.read_bytes()
    upload = arrived(session, storage, show, data, now)

    def fail(_key: str) -> None:
        raise StorageUnavailable("the S3 server is away")

    later = datetime.now(UTC) + timedelta(days=2)
    assert list(find_orphans(session, storage, before=later)) == []
    session.commit()
    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete", fail)
        examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.state == "ready"
    [orphan] = find_orphans(session, storage, before=later)
    assert orphan.key == upload.object_key


def test_one_that_takes_long_gives_signs_of_life_and_is_not_taken_for_dead(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    engine: Engine,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = arrived(session, storage, show, SAMPLE.read_bytes(), now)
    monkeypatch.setattr(examination, "BEAT", 0.01)
    put, seen = storage.put, list[datetime]()

    def put_slowly(*args: object, **options: object) -> object:
        deadline = time.monotonic() + PATIENCE
        while not seen or seen[-1] < now + timedelta(seconds=0.05):
            assert time.monotonic() < deadline, "no sign of life"
            time.sleep(0.01)
            with sessions() as looking:
                seen.append(looking.get_one(Upload, upload.id).updated_at)
        assert waiting_uploads(engine, now + LEFT_AFTER[0] + timedelta(seconds=0.04)) == []
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "put", put_slowly)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.state == "ready"


def test_a_database_that_is_away_for_a_moment_ends_no_examination(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    upload = arrived(session, storage, show, SAMPLE.read_bytes(), now)
    monkeypatch.setattr(examination, "BEAT", 0.01)
    put = storage.put

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE", None, Exception("away"))

    def put_while_it_is_away(*args: object, **options: object) -> object:
        deadline = time.monotonic() + PATIENCE
        with monkeypatch.context() as patched:
            patched.setattr(Session, "execute", broken)
            while "does not answer just now" not in caplog.text:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "put", put_while_it_is_away)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.state == "ready"


def test_whoever_asks_has_it_tried_anew_only_after_a_while(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = begin(session, storage, show, SAMPLE.read_bytes(), now)
    assert not waits_too_long(upload, now + timedelta(hours=1))  # parts of it are missing
    send(upload, storage, SAMPLE.read_bytes(), 1)
    complete_upload(session, storage, upload, now)
    session.commit()
    full = OSError(errno.ENOSPC, "full")
    with monkeypatch.context() as patched:
        patched.setattr(storage, "put", failing_with(full))
        examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert upload.attempts == 0
    assert not waits_too_long(upload, now + LEFT_AFTER[0])
    assert waits_too_long(upload, now + LEFT_AFTER[0] + timedelta(seconds=1))


@pytest.mark.parametrize("end", [StorageUnavailable("away"), EpisodeError("no audio")])
def test_one_taken_for_dead_does_not_undo_what_another_is_at(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    end: Exception,
) -> None:
    upload = arrived(session, storage, show, SAMPLE.read_bytes(), now)

    def put(*_args: object, **_more: object) -> None:
        with sessions.begin() as another:
            another.get_one(Upload, upload.id).attempts = 2
        raise end

    monkeypatch.setattr(storage, "put", put)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=now)
    session.refresh(upload)
    assert (upload.state, upload.attempts) == ("examining", 2)


def test_one_that_is_given_up_meanwhile_is_no_fault(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = arrived(session, storage, show, SAMPLE.read_bytes(), now)
    key = upload.key

    def put(*_args: object, **_more: object) -> None:
        with sessions.begin() as another:
            abandon_upload(another, storage, find_upload(another, show.id, key))
        raise EpisodeError("no audio")

    monkeypatch.setattr(storage, "put", put)
    examine_upload(sessions, storage, key, convert_to=None, now=now)
    with sessions() as looking:
        assert looking.scalars(select(Upload).where(Upload.key == key)).first() is None


def failing_with(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_more: object) -> None:
        raise error

    return fail
