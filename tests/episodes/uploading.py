"""Uploads on their way, for tests."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from episodes.models import Show, Upload
from episodes.storage.base import Storage
from episodes.uploads import begin_upload, complete_upload, put_part

SAMPLE = Path("podcast_server/demo/audio/s01e01-first-light.mp3")


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
