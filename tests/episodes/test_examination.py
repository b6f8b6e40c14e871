"""Examining what was uploaded: by one at a time, and again where whoever did it has died."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass
class Desk:
    """Uploads and whoever examines them, at a moment that stands still."""

    session: Session
    sessions: sessionmaker[Session]
    storage: Storage
    show: Show
    engine: Engine
    now: datetime

    def arrived(self) -> Upload:
        """An upload that is whole."""
        return arrived(self.session, self.storage, self.show, SAMPLE.read_bytes(), self.now)

    def complete(self, upload: Upload, data: bytes) -> None:
        """Send what is missing."""
        send(upload, self.storage, data, 1)
        complete_upload(self.session, self.storage, upload, self.now)
        self.session.commit()

    def waiting(self, later: timedelta = timedelta()) -> list[str]:
        return waiting_uploads(self.engine, self.now + later)

    def examine(self, key: str, later: timedelta = timedelta()) -> None:
        examine_upload(self.sessions, self.storage, key, convert_to=None, now=self.now + later)

    def state(self, upload: Upload) -> str:
        self.session.refresh(upload)
        return upload.state


@pytest.fixture
def desk(session: Session, storage: Storage, show: Show, engine: Engine, now: datetime) -> Desk:
    return Desk(session, session_factory(engine), storage, show, engine, now)


def failing_with(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_more: object) -> None:
        raise error

    return fail


def test_a_good_file_becomes_ready_with_what_its_tags_say(desk: Desk) -> None:
    upload = desk.arrived()
    assert desk.waiting() == [upload.key]
    desk.examine(upload.key)
    assert desk.waiting() == []
    desk.session.expire_all()
    assert desk.state(upload) == "ready"
    assert upload.fields["title"] == "First light on the quay"
    audio = desk.session.get_one(Audio, upload.audio_id)
    with desk.storage.open(audio.object_key) as reader:
        assert reader.read() == SAMPLE.read_bytes()
    assert desk.storage.stat(upload.object_key) is None


def test_examined_by_two_at_once_it_is_one_audio(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.arrived()
    put, faster = desk.storage.put, [True]

    def put_after_another(*args: object, **options: object) -> object:
        if faster:
            faster.pop()
            # When the first is taken for dead.
            desk.examine(upload.key, timedelta(minutes=11))
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.storage, "put", put_after_another)
    desk.examine(upload.key)
    assert not faster
    assert desk.state(upload) == "ready"
    assert [audio.id for audio in desk.session.scalars(select(Audio))] == [upload.audio_id]


def test_what_two_find_waiting_at_once_is_examined_by_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.arrived()
    put, second = desk.storage.put, list[str]()

    def put_while_another_begins(*args: object, **options: object) -> object:
        desk.examine(upload.key)
        with desk.sessions() as looking:
            second.append(looking.get_one(Upload, upload.id).state)
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.storage, "put", put_while_another_begins)
    desk.examine(upload.key)
    assert set(second) == {"examining"}
    assert desk.state(upload) == "ready"


def test_what_is_no_audio_is_refused_with_the_reason(desk: Desk) -> None:
    data = b"%PDF-1.7" + b"not audio" * 99
    upload = begin(desk.session, desk.storage, desk.show, data, desk.now, "report.mp3")
    desk.complete(upload, data)
    desk.examine(upload.key)
    assert desk.state(upload) == "refused"
    assert "not" in upload.reason
    assert desk.storage.stat(upload.object_key) is not None


def test_an_examination_cut_off_by_a_crash_is_done_again_but_not_for_ever(desk: Desk) -> None:
    data = SAMPLE.read_bytes()
    upload = begin(desk.session, desk.storage, desk.show, data, desk.now)
    desk.complete(upload, data)
    upload.attempts = 1
    desk.session.commit()
    assert desk.waiting() == []
    for attempts, after in enumerate(LEFT_AFTER, start=1):
        upload.attempts = attempts
        desk.session.commit()
        assert desk.waiting(after) == []
        assert desk.waiting(after + timedelta(seconds=1)) == [upload.key]
    desk.examine(upload.key, after + timedelta(seconds=1))
    assert desk.state(upload) == "refused"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "away", [StorageUnavailable("the S3 server is away"), OSError(errno.ENOSPC, "full")]
)
def test_while_the_storage_is_away_or_full_an_upload_waits_and_is_not_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    upload = desk.arrived()
    with monkeypatch.context() as patched:
        patched.setattr(desk.storage, "put", failing_with(away))
        for _often in range(5):
            desk.examine(upload.key)
            assert desk.waiting() == [upload.key]
    desk.examine(upload.key)
    assert desk.state(upload) == "ready"


def test_what_is_left_of_an_examined_upload_is_an_orphan_and_a_waiting_one_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.arrived()
    later = datetime.now(UTC) + timedelta(days=2)
    assert list(find_orphans(desk.session, desk.storage, before=later)) == []
    desk.session.commit()
    with monkeypatch.context() as patched:
        patched.setattr(desk.storage, "delete", failing_with(StorageUnavailable("away")))
        desk.examine(upload.key)
    assert desk.state(upload) == "ready"
    [orphan] = find_orphans(desk.session, desk.storage, before=later)
    assert orphan.key == upload.object_key


def test_one_that_takes_long_gives_signs_of_life_and_is_not_taken_for_dead(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.arrived()
    monkeypatch.setattr(examination, "BEAT", 0.01)
    put, seen = desk.storage.put, list[datetime]()

    def put_slowly(*args: object, **options: object) -> object:
        deadline = time.monotonic() + PATIENCE
        while not seen or seen[-1] < desk.now + timedelta(seconds=0.05):
            assert time.monotonic() < deadline, "no sign of life"
            time.sleep(0.01)
            with desk.sessions() as looking:
                seen.append(looking.get_one(Upload, upload.id).updated_at)
        assert desk.waiting(LEFT_AFTER[0] + timedelta(seconds=0.04)) == []
        return put(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.storage, "put", put_slowly)
    desk.examine(upload.key)
    assert desk.state(upload) == "ready"


def test_a_database_that_is_away_for_a_moment_ends_no_examination(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    upload = desk.arrived()
    monkeypatch.setattr(examination, "BEAT", 0.01)
    put = desk.storage.put

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

    monkeypatch.setattr(desk.storage, "put", put_while_it_is_away)
    desk.examine(upload.key)
    assert desk.state(upload) == "ready"


def test_whoever_asks_has_it_tried_anew_only_after_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(desk.session, desk.storage, desk.show, SAMPLE.read_bytes(), desk.now)
    assert not waits_too_long(upload, desk.now + timedelta(hours=1))  # parts of it are missing
    desk.complete(upload, SAMPLE.read_bytes())
    full = OSError(errno.ENOSPC, "full")
    with monkeypatch.context() as patched:
        patched.setattr(desk.storage, "put", failing_with(full))
        desk.examine(upload.key)
    desk.session.refresh(upload)
    assert upload.attempts == 0
    assert not waits_too_long(upload, desk.now + LEFT_AFTER[0])
    assert waits_too_long(upload, desk.now + LEFT_AFTER[0] + timedelta(seconds=1))


@pytest.mark.parametrize("end", [StorageUnavailable("away"), EpisodeError("no audio")])
def test_one_taken_for_dead_does_not_undo_what_another_is_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, end: Exception
) -> None:
    upload = desk.arrived()

    def put(*_args: object, **_more: object) -> None:
        with desk.sessions.begin() as another:
            another.get_one(Upload, upload.id).attempts = 2
        raise end

    monkeypatch.setattr(desk.storage, "put", put)
    desk.examine(upload.key)
    desk.session.refresh(upload)
    assert (upload.state, upload.attempts) == ("examining", 2)


def test_one_that_is_given_up_meanwhile_is_no_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.arrived()
    key = upload.key

    def put(*_args: object, **_more: object) -> None:
        with desk.sessions.begin() as another:
            abandon_upload(another, desk.storage, find_upload(another, desk.show.id, key))
        raise EpisodeError("no audio")

    monkeypatch.setattr(desk.storage, "put", put)
    desk.examine(key)
    with desk.sessions() as looking:
        assert looking.scalars(select(Upload).where(Upload.key == key)).first() is None
