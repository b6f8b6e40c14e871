"""Uploads from a browser: in parts, resumable after anything, examined when complete.

The words are S3's on every backend: begin, put parts (to S3 directly where it can sign for
them), complete. What has arrived is what the storage says has arrived, so a lost connection,
a closed laptop or a restarted server cost at most one part.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from episodes.arrivals import delete_draft
from episodes.converting import converted_share
from episodes.episodes import new_episode_key
from episodes.errors import EpisodeError, NotFound
from episodes.models import Episode, Upload
from episodes.storage import base as storage_words
from episodes.storage.base import PartInfo, Readable, Storage
from episodes.storage.keys import incoming_key

log = logging.getLogger(__name__)

PART_SIZE = 8 * 1024 * 1024
STALE = timedelta(days=7)


class UploadRefused(EpisodeError):
    """The upload cannot begin or go on as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload is: which parts are there, and where each other part goes."""

    key: str
    state: str
    size: int
    part_size: int
    parts_there: tuple[int, ...]
    reason: str
    converted: float | None  # 0 to 1 while it is converted for every app


def begin_upload(
    session: Session,
    storage: Storage,
    *,
    show_id: int,
    file_name: str,
    size: int,
    fingerprint: str,
    max_bytes: int,
    now: datetime,
    episode_key: str = "",
    by: str = "",
) -> Upload:
    """Begin, or find the upload of the same file that was interrupted.

    ``episode_key`` names the episode whose audio it replaces, ``by`` who sends it.
    ``fingerprint`` is whatever the browser knows of the file (name, size, date). Raises
    UploadRefused for an empty or too large file.
    """
    if size <= 0:
        raise UploadRefused("the file is empty: export it again")
    if size > max_bytes:
        raise UploadRefused(
            f"the file has {size / 1e6:.0f} MB; this server takes {max_bytes / 1e6:.0f} MB"
        )
    known = session.scalars(
        select(Upload).where(
            Upload.show_id == show_id,
            Upload.fingerprint == fingerprint[:128],
            Upload.size == size,
            Upload.state == "receiving",
        )
    ).first()
    if known is not None and episode_key in {"", known.episode_key}:
        return known
    key = secrets.token_hex(12)
    object_key = incoming_key(key, "bin")
    begun = storage.begin_upload(object_key, "application/octet-stream")
    upload = Upload(
        key=key,
        show_id=show_id,
        file_name=PurePath(file_name.replace("\\", "/")).name[:255] or "audio",
        fingerprint=fingerprint[:128],
        size=size,
        part_size=_part_size(size),
        object_key=object_key,
        storage_id=begun.id,
        state="receiving",
        episode_key=episode_key or new_episode_key(),
        begun_by=by[:255],
        created_at=now,
        updated_at=now,
    )
    session.add(upload)
    session.flush()
    return upload


def _part_size(size: int) -> int:
    """8 MB parts, larger only where S3's limit of 10 000 parts asks for it."""
    return max(PART_SIZE, -(-size // storage_words.MAX_PARTS))


def find_upload(session: Session, show_id: int, key: str) -> Upload:
    """The upload of a show. Raises NotFound."""
    upload = session.scalars(
        select(Upload).where(Upload.key == key, Upload.show_id == show_id)
    ).first()
    if upload is None:
        raise NotFound("there is no such upload: begin again")
    return upload


def standing_of(upload: Upload, storage: Storage) -> Standing:
    """How far the upload is, asked of the storage itself."""
    there: tuple[int, ...] = ()
    if upload.state == "receiving":
        there = tuple(part.number for part in _whole_parts(upload, storage))
    return Standing(
        upload.key,
        upload.state,
        upload.size,
        upload.part_size,
        there,
        upload.reason,
        converted_share(upload),
    )


def _whole_parts(upload: Upload, storage: Storage) -> list[PartInfo]:
    return [
        part
        for part in storage.list_parts(_handle(upload))
        if part.size == part_length(upload, part.number)
    ]


def part_length(upload: Upload, number: int) -> int:
    """How many bytes a part has; parts count from 1. Raises UploadRefused for one too many."""
    start = (number - 1) * upload.part_size
    if number < 1 or start >= upload.size:
        raise UploadRefused(f"there is no part {number} of this file")
    return min(upload.part_size, upload.size - start)


def put_part(upload: Upload, storage: Storage, number: int, stream: Readable) -> PartInfo:
    """Take one part from a request's body; sent again it replaces the first."""
    if upload.state != "receiving":
        raise UploadRefused("this upload is complete already")
    return storage.put_part(_handle(upload), number, stream, part_length(upload, number))


def part_address(upload: Upload, storage: Storage, number: int, now: datetime) -> str | None:
    """Where the browser may send a part directly; None when it comes to us."""
    part_length(upload, number)
    return storage.presigned_part(_handle(upload), number, now)


def complete_upload(session: Session, storage: Storage, upload: Upload, now: datetime) -> None:
    """All parts are there: join them and have the file examined. Safe to repeat.

    Raises UploadRefused while parts are missing.
    """
    if upload.state != "receiving":
        return
    if storage.stat(upload.object_key) is None:
        parts = _whole_parts(upload, storage)
        count = -(-upload.size // upload.part_size)
        if len(parts) < count:
            raise UploadRefused(f"{count - len(parts)} parts are still missing")
        storage.complete_upload(_handle(upload), parts)
    upload.state, upload.updated_at = "examining", now
    session.flush()


def abandon_upload(session: Session, storage: Storage, upload: Upload) -> None:
    """Give an upload up and free what had arrived."""
    storage.abort_upload(_handle(upload))
    storage.delete(upload.object_key)
    delete_draft(session, upload)
    session.delete(upload)
    session.flush()


def _handle(upload: Upload) -> storage_words.Upload:
    return storage_words.Upload(upload.object_key, upload.storage_id)


def open_uploads(session: Session, show_id: int) -> list[Upload]:
    """A show's uploads that are not episodes yet, oldest first."""
    return list(
        session.scalars(
            select(Upload)
            .where(Upload.show_id == show_id, Upload.state != "used")
            .order_by(Upload.id)
        )
    )


def titles_of(session: Session, uploads: Sequence[Upload]) -> dict[str, str]:
    """What the episodes of these uploads are called, by their keys."""
    keys = [each.episode_key for each in uploads]
    found = session.scalars(select(Episode).where(Episode.key.in_(keys)))
    return {each.key: each.title for each in found}


def clear_stale_uploads(sessions: sessionmaker[Session], storage: Storage, now: datetime) -> int:
    """Give up what nobody continued or used for a week; returns how many."""
    with sessions.begin() as session:
        stale = session.scalars(
            select(Upload).where(
                Upload.state.in_(["receiving", "refused"]), Upload.updated_at < now - STALE
            )
        ).all()
        for upload in stale:
            abandon_upload(session, storage, upload)
    return len(stale)
