"""Uploads: in parts, resumed wherever they stopped, examined once complete."""

from __future__ import annotations

import errno
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from episodes.errors import NotFound
from episodes.ingest import find_orphans
from episodes.models import Audio, Show, Upload
from episodes.storage.base import Storage, StorageError, StorageUnavailable
from episodes.uploads import (
    PART_SIZE,
    UploadRefused,
    begin_upload,
    clear_stale_uploads,
    complete_upload,
    examine_upload,
    find_upload,
    part_length,
    put_part,
    standing_of,
    waiting_uploads,
)
from podcast_server.database import session_factory

SAMPLE = Path("podcast_server/demo/audio/s01e01-first-light.mp3")
BIG = bytes(range(256)) * (3 * PART_SIZE // 256) + b"tail"


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


def begin(
    session: Session, storage: Storage, show: Show, data: bytes, now: datetime, name: str = "a.mp3"
) -> Upload:
    return begin_upload(
        session,
        storage,
        show_id=show.id,
        file_name=name,
        size=len(data),
        fingerprint=f"{name}:{len(data)}",
        max_bytes=10**9,
        now=now,
    )


def send(upload: Upload, storage: Storage, data: bytes, *numbers: int) -> None:
    for number in numbers:
        start = (number - 1) * upload.part_size
        put_part(upload, storage, number, io.BytesIO(data[start : start + upload.part_size]))


def arrived(session: Session, storage: Storage, show: Show, data: bytes, now: datetime) -> Upload:
    """An upload of one part that waits to be examined."""
    upload = begin(session, storage, show, data, now)
    send(upload, storage, data, 1)
    complete_upload(session, storage, upload, now)
    session.commit()
    return upload


def test_an_interrupted_upload_is_found_again_and_sends_only_what_is_missing(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    first = begin(session, storage, show, BIG, now)
    send(first, storage, BIG, 1, 3)
    session.commit()
    again = begin(session, storage, show, BIG, now + timedelta(hours=3))
    assert again.key == first.key
    assert standing_of(again, storage).parts_there == (1, 3)
    with pytest.raises(UploadRefused, match="2 parts"):
        complete_upload(session, storage, again, now)
    send(again, storage, BIG, 2, 4)
    complete_upload(session, storage, again, now)
    assert again.state == "examining"
    with storage.open(again.object_key) as reader:
        assert reader.read() == BIG


def test_completing_twice_is_harmless(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    data = SAMPLE.read_bytes()
    upload = begin(session, storage, show, data, now)
    send(upload, storage, data, 1)
    complete_upload(session, storage, upload, now)
    upload.state = "receiving"  # as if the server died before it could note the completion
    complete_upload(session, storage, upload, now)
    complete_upload(session, storage, upload, now)
    assert upload.state == "examining"


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
    assert waiting_uploads(engine, now + timedelta(minutes=11)) == [upload.key]
    upload.attempts = 3
    session.commit()
    later = now + timedelta(minutes=11)
    examine_upload(sessions, storage, upload.key, convert_to=None, now=later)
    session.refresh(upload)
    assert upload.state == "refused"


def test_empty_and_oversized_files_are_refused_before_anything_is_sent(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    for size, words in ((0, "empty"), (10**9 + 1, "this server takes")):
        with pytest.raises(UploadRefused, match=words):
            begin_upload(
                session,
                storage,
                show_id=show.id,
                file_name="a.mp3",
                size=size,
                fingerprint="x",
                max_bytes=10**9,
                now=now,
            )


def test_a_part_has_exactly_its_length_and_a_place_in_the_file(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    upload = begin(session, storage, show, BIG, now)
    assert [part_length(upload, number) for number in (1, 3, 4)] == [PART_SIZE, PART_SIZE, 4]
    for number in (0, -1, 5):
        with pytest.raises(UploadRefused):
            part_length(upload, number)
    with pytest.raises(StorageError):
        put_part(upload, storage, 1, io.BytesIO(b"too short"))


def test_a_file_name_cannot_carry_a_path(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    assert begin(session, storage, show, b"x", now, "../../etc/passwd").file_name == "passwd"
    assert begin(session, storage, show, b"xy", now, r"C:\me\tape.mp3").file_name == "tape.mp3"


def test_an_upload_of_another_show_is_not_found(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    upload = begin(session, storage, show, BIG, now)
    with pytest.raises(NotFound):
        find_upload(session, show.id + 1, upload.key)


def test_what_nobody_continued_for_a_week_is_given_up(
    session: Session,
    sessions: sessionmaker[Session],
    storage: Storage,
    show: Show,
    now: datetime,
) -> None:
    upload = begin(session, storage, show, BIG, now)
    send(upload, storage, BIG, 1)
    session.commit()
    assert clear_stale_uploads(sessions, storage, now + timedelta(days=6)) == 0
    assert clear_stale_uploads(sessions, storage, now + timedelta(days=8)) == 1
    with pytest.raises(NotFound):
        find_upload(session, show.id, upload.key)


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
