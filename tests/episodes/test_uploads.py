"""Uploads: in parts, resumed wherever they stopped, examined once complete."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from episodes.errors import NotFound
from episodes.models import Show
from episodes.storage.base import Storage, StorageError
from episodes.uploads import (
    PART_SIZE,
    UploadRefused,
    begin_upload,
    clear_stale_uploads,
    complete_upload,
    find_upload,
    part_length,
    put_part,
    standing_of,
)
from podcast_server.database import session_factory
from tests.episodes.uploading import SAMPLE, begin, send

BIG = bytes(range(256)) * (3 * PART_SIZE // 256) + b"tail"


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


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
