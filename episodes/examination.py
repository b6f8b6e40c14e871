"""Examining what was uploaded: probed, converted where that is wished, and refused with the reason.

Whoever examines gives signs of life meanwhile. One that died gives none, so that another begins
anew soon. Times are those of one clock for all who share the database.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import Engine, Update, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from episodes.arrivals import join_draft, set_draft_aside
from episodes.audio.convert import Form
from episodes.audio.probe import probe
from episodes.converting import note_conversion
from episodes.errors import EpisodeError
from episodes.ingest import StoredAudio, add_audio, fields_from_audio, store_cover, store_playable
from episodes.models import Upload
from episodes.storage import base as storage_words
from episodes.storage.base import Storage
from episodes.storage.files import as_file

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two signs of life
# Without one for so long, whoever began an examination is taken for dead; for longer after each
# attempt, because the file itself may have been its end.
LEFT_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
MAX_ATTEMPTS = len(LEFT_AFTER)
_FULL = {errno.ENOSPC, errno.EDQUOT}


def waiting_uploads(engine: Engine, now: datetime) -> list[str]:
    """Uploads to examine that nobody works on: new ones, and those left by a crash."""
    left = [
        (Upload.attempts == attempts) & (Upload.updated_at < now - after)
        for attempts, after in enumerate(LEFT_AFTER, start=1)
    ]
    with Session(engine.execution_options(read_only=True)) as session:
        query = select(Upload.key).where(
            Upload.state == "examining", or_(Upload.attempts == 0, *left)
        )
        return list(session.scalars(query.order_by(Upload.id)))


def waits_too_long(upload: Upload, now: datetime) -> bool:
    """Whether it is complete and shows no sign of life: whoever was to examine it has died since,
    or the storage was away or full when they tried."""
    if upload.state != "examining":
        return False
    return upload.updated_at < now - LEFT_AFTER[min(max(upload.attempts, 1), MAX_ATTEMPTS) - 1]


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
        if upload.attempts and not waits_too_long(upload, now):
            return  # somebody else began after we had looked
        upload.attempts += 1
        upload.updated_at, upload.progress = now, 0.0
        attempt = upload.attempts
        if attempt > MAX_ATTEMPTS:
            upload.state, upload.reason = "refused", "the file could not be examined"
            set_draft_aside(session, upload, now)
            return
    try:
        with _alive(sessions, key, attempt, now), as_file(storage, upload.object_key) as path:
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
        _put_off(sessions, key, attempt)
        return
    except EpisodeError as error:
        _refuse(sessions, key, attempt, str(error), now)
        return
    _mark_ready(sessions, key, stored, fields, facts.warning_texts, now)
    with suppress(storage_words.StorageUnavailable):  # an orphan then, which `doctor` finds
        storage.delete(upload.object_key)


@contextmanager
def _alive(
    sessions: sessionmaker[Session], key: str, attempt: int, now: datetime
) -> Iterator[None]:
    """Signs of life while the block runs."""
    began, over = time.monotonic(), threading.Event()

    def live() -> None:
        while not over.wait(BEAT):
            at = now + timedelta(seconds=time.monotonic() - began)
            try:
                with sessions.begin() as session:
                    session.execute(_ours(key, attempt).values(updated_at=at))
            except SQLAlchemyError:
                log.warning("an examination goes on; the database does not answer just now")

    thread = threading.Thread(target=live, name="examination", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _put_off(sessions: sessionmaker[Session], key: str, attempt: int) -> None:
    # As if it had not been tried: the file is not to blame, and the next round takes it again.
    with sessions.begin() as session:
        session.execute(_ours(key, attempt).values(attempts=0))


def _refuse(
    sessions: sessionmaker[Session], key: str, attempt: int, reason: str, now: datetime
) -> None:
    # The file itself stays until the podcaster has seen why, or a week has passed.
    with sessions.begin() as session:
        refused = _ours(key, attempt).values(state="refused", reason=reason, updated_at=now)
        upload = session.scalars(refused.returning(Upload)).first()
        if upload is not None:
            set_draft_aside(session, upload, now)


def _ours(key: str, attempt: int) -> Update:
    """A change of an upload that this attempt still examines: not given up meanwhile, and by
    nobody else who took us for dead."""
    ours = Upload.key == key, Upload.state == "examining", Upload.attempts == attempt
    return update(Upload).where(*ours)


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
