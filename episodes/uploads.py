"""Uploads from a browser: in parts, resumable after anything, examined when complete.

The words are S3's on every backend: begin, put parts (to S3 directly where it can sign for
them), complete. What has arrived is what the storage says has arrived, so a lost connection,
a closed laptop or a restarted server cost at most one part.
"""

from __future__ import annotations

import errno
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from episodes.arrivals import delete_draft, join_draft, set_draft_aside
from episodes.audio.convert import Form
from episodes.audio.probe import probe
from episodes.converting import converted_share, note_conversion
from episodes.episodes import new_episode_key
from episodes.errors import EpisodeError, NotFound
from episodes.ingest import StoredAudio, add_audio, fields_from_audio, store_cover, store_playable
from episodes.models import Episode, Upload
from episodes.storage import base as storage_words
from episodes.storage.base import PartInfo, Readable, Storage
from episodes.storage.files import as_file
from episodes.storage.keys import incoming_key

log = logging.getLogger(__name__)

PART_SIZE = 8 * 1024 * 1024
STALE = timedelta(days=7)
MAX_ATTEMPTS = 3
LEFT_AFTER = timedelta(minutes=10)  # then whoever began an examination is taken for dead
_FULL = {errno.ENOSPC, errno.EDQUOT}


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


def examine_upload(
    sessions: sessionmaker[Session],
    storage: Storage,
    key: str,
    *,
    convert_to: Form | None,
    now: datetime,
) -> None:
    """Probe (and convert) a complete upload; it becomes ready, or refused with the reason.

    Repeated after a crash it starts again; a file that kills the examiner three times is
    refused. Nothing slow happens inside a transaction. While the storage is away or the disk
    is full it waits, for as long as that takes.
    """
    with sessions.begin() as session:
        query = select(Upload).where(Upload.key == key).with_for_update()
        upload = session.scalars(query).first()
        if upload is None or upload.state != "examining":
            return
        if upload.attempts and upload.updated_at >= now - LEFT_AFTER:
            return  # somebody else began after we had looked
        upload.attempts += 1
        upload.updated_at, upload.progress = now, 0.0
        if upload.attempts > MAX_ATTEMPTS:
            upload.state, upload.reason = "refused", "the file could not be examined"
            set_draft_aside(session, upload, now)
            return
    try:
        with as_file(storage, upload.object_key) as path:
            facts = probe(path)
            stored = store_playable(
                storage,
                upload.show_id,
                upload.episode_key,
                path,
                facts=facts,
                convert_to=convert_to,
                converting=note_conversion(sessions, key),
            )
            fields = fields_from_audio(facts, PurePath(upload.file_name))
            fields["artwork_key"] = store_cover(storage, upload.show_id, upload.episode_key, facts)
    except (OSError, storage_words.StorageUnavailable) as error:
        if isinstance(error, OSError) and error.errno not in _FULL:
            raise
        log.warning("an upload waits to be examined: %s", error)
        _put_off(sessions, key, now)
        return
    except EpisodeError as error:
        _refuse(sessions, key, str(error), now)
        return
    _mark_ready(sessions, key, stored, fields, facts.warning_texts, now)
    with suppress(storage_words.StorageUnavailable):  # an orphan then, which `doctor` finds
        storage.delete(upload.object_key)


def _put_off(sessions: sessionmaker[Session], key: str, now: datetime) -> None:
    # As if it had not been tried: the file is not to blame, and the next round takes it again.
    with sessions.begin() as session:
        upload = session.scalars(select(Upload).where(Upload.key == key)).one()
        upload.attempts, upload.updated_at = 0, now


def _refuse(sessions: sessionmaker[Session], key: str, reason: str, now: datetime) -> None:
    # The file itself stays until the podcaster has seen why, or a week has passed.
    with sessions.begin() as session:
        upload = session.scalars(select(Upload).where(Upload.key == key)).one()
        upload.state, upload.reason, upload.updated_at = "refused", reason, now
        set_draft_aside(session, upload, now)


def _mark_ready(
    sessions: sessionmaker[Session],
    key: str,
    stored: StoredAudio,
    fields: dict[str, object],
    warnings: list[str],
    now: datetime,
) -> None:
    with sessions.begin() as session:
        query = select(Upload).where(Upload.key == key).with_for_update()
        upload = session.scalars(query).first()
        if upload is None or upload.state != "examining":
            return  # it took so long that another examined it meanwhile, or it was given up
        upload.audio_id = add_audio(session, upload.show_id, stored, now).id
        glanced, upload.fields, upload.warnings = upload.fields, fields, warnings
        joined = join_draft(session, upload, now, filled=glanced)
        upload.state, upload.updated_at = ("used" if joined else "ready"), now


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


def waiting_uploads(engine: Engine, now: datetime) -> list[str]:
    """Uploads to examine that nobody works on: new ones, and those left by a crash."""
    with Session(engine.execution_options(read_only=True)) as session:
        query = select(Upload.key).where(
            Upload.state == "examining",
            (Upload.attempts == 0) | (Upload.updated_at < now - LEFT_AFTER),
        )
        return list(session.scalars(query.order_by(Upload.id)))


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
