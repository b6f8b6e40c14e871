"""The part of a members' episode that everybody may hear, cut from its own audio."""

from __future__ import annotations

import hashlib
import re
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from episodes.audio.cut import cut
from episodes.errors import EpisodeError
from episodes.ingest import StoredAudio, add_audio
from episodes.models import Audio, Episode
from episodes.publishing import record_change
from episodes.storage.base import Storage
from episodes.storage.files import as_file
from episodes.storage.keys import preview_key

MAX_SECONDS = 600.0
_CLOCK = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5}(?:\.[0-9]{1,3})?)")


class PreviewRefused(EpisodeError):
    """No preview can be made of this; the text says why."""


def read_clock(text: str) -> float:
    """``90``, ``1:30`` or ``1:02:03`` in seconds. Raises PreviewRefused."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise PreviewRefused("write times like 1:30")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def store_preview(
    storage: Storage, show_id: int, episode_key: str, audio: Audio, *, start: float, end: float
) -> StoredAudio:
    """Cut from ``start`` to ``end`` (seconds) and store what comes out.

    Never the whole episode, which would give away what is sold. Raises PreviewRefused,
    AudioRefused, StorageError.
    """
    if not 0 <= start < end:
        raise PreviewRefused("the preview must end after it begins")
    if start <= 0 and end >= audio.duration:
        raise PreviewRefused("this would be the whole episode")
    if min(end, audio.duration) - start > MAX_SECONDS:
        raise PreviewRefused(f"a preview lasts {MAX_SECONDS / 60:.0f} minutes at most")
    with (
        tempfile.TemporaryDirectory() as folder,
        as_file(storage, audio.object_key) as source,
    ):
        target = Path(folder) / "preview"
        facts = cut(source, target, start=start, end=end)
        with target.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            key = preview_key(show_id, episode_key, sha256, facts.extension)
            file.seek(0)
            size = target.stat().st_size
            storage.put(key, file, content_type=facts.mime, size=size)
    return StoredAudio(facts, sha256, size, key)


def attach_preview(
    session: Session,
    episode: Episode,
    stored: StoredAudio,
    now: datetime,
    *,
    of: Audio,
    chosen: tuple[float, float] | None = None,
) -> None:
    """Make it the episode's preview.

    ``of`` is the audio it was cut from, ``chosen`` the part somebody asked for (seconds), which
    is cut again when the audio is replaced.
    """
    episode.preview_audio_id = add_audio(session, episode.show_id, stored, now).id
    episode.preview_start, episode.preview_end = chosen or (None, None)
    episode.preview_off, episode.preview_of = False, of.sha256
    record_change(session, episode.show_id, now=now, episode=episode)


def chosen_part(episode: Episode) -> tuple[float, float] | None:
    """From and to in seconds, where somebody chose; None leaves it to the show."""
    if episode.preview_end is None:
        return None
    return episode.preview_start or 0.0, episode.preview_end


def remove_preview(session: Session, episode: Episode, now: datetime) -> None:
    """Leave the episode without a preview, until somebody asks for one again."""
    episode.preview_audio_id = episode.preview_start = episode.preview_end = None
    episode.preview_off = True
    record_change(session, episode.show_id, now=now, episode=episode)
