"""One audio file in: probed, hashed, stored, attached. Each step is a function of its own.

The order makes crashes harmless: the object is stored under a key named by its content
before any row mentions it, so a crash leaves at most an unmentioned object, which
``find_orphans`` lists, and never an episode whose audio is missing.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from episodes.artwork import ArtworkRefused, prepare_artwork
from episodes.audio.convert import Form, convert
from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Fraction
from episodes.audio.probe import probe
from episodes.history import mentioned_in_versions
from episodes.models import Audio, Episode, Show, Transcript, Upload
from episodes.pictures import stored_pictures
from episodes.publishing import record_change
from episodes.storage.base import ObjectStat, Storage
from episodes.storage.keys import PEAKS, artwork_key, audio_key, original_key
from episodes.storage.small import put_bytes

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """A probed file in storage; ``size`` in bytes."""

    facts: AudioFacts
    sha256: str
    size: int
    object_key: str
    original_key: str | None = None


class _CountingReader:
    """A file that reports how many bytes were read from it."""

    def __init__(self, file: BinaryIO, progress: Progress | None) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self._progress is not None:
            self._progress(len(data))
        return data


def store_audio(
    storage: Storage,
    show_id: int,
    episode_key: str,
    path: Path,
    *,
    facts: AudioFacts | None = None,
    progress: Progress | None = None,
) -> StoredAudio:
    """Probe a local file and store it under a key named by its content.

    Memory stays bounded whatever the size. ``progress`` hears of every byte stored. Raises
    AudioRefused with the reason, StorageError when storage fails.
    """
    facts = facts or probe(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    key = audio_key(show_id, episode_key, sha256, facts.extension)
    if storage.stat(key) is None:
        with path.open("rb") as file:
            reader = cast(BinaryIO, _CountingReader(file, progress))
            storage.put(key, reader, content_type=facts.mime, size=size)
    elif progress is not None:
        progress(size)
    return StoredAudio(facts, sha256, size, key)


def store_playable(
    storage: Storage,
    show_id: int,
    episode_key: str,
    path: Path,
    *,
    facts: AudioFacts,
    convert_to: Form | None,
    progress: Progress | None = None,
    converting: Fraction | None = None,
) -> StoredAudio:
    """Store a file so that every app plays it: converted where needed, the original kept.

    ``converting`` hears how much is converted, from 0 to 1, and nothing where nothing is.
    Raises AudioRefused, StorageError.
    """
    if convert_to is None or facts.plays_everywhere:
        return store_audio(storage, show_id, episode_key, path, facts=facts, progress=progress)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        kept = original_key(show_id, episode_key, sha256, facts.extension)
        file.seek(0)
        storage.put(kept, file, content_type=facts.mime, size=path.stat().st_size)
    if converting is not None:
        converting(0.0)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"converted.{convert_to}"
        converted = convert(path, target, to=convert_to, progress=converting)
        stored = store_audio(
            storage, show_id, episode_key, target, facts=converted, progress=progress
        )
    return replace(stored, original_key=kept)


def add_audio(session: Session, show_id: int, stored: StoredAudio, now: datetime) -> Audio:
    """The row of stored audio; the same file of the same episode has one row."""
    known = select(Audio).where(Audio.object_key == stored.object_key)
    audio = session.scalars(known).first()
    if audio is None:
        facts = stored.facts
        audio = Audio(
            show_id=show_id,
            object_key=stored.object_key,
            original_key=stored.original_key,
            sha256=stored.sha256,
            size=stored.size,
            mime=facts.mime,
            extension=facts.extension,
            duration=facts.duration_seconds,
            bitrate=facts.bitrate,
            minute_bytes=facts.minute_bytes,
            created_at=now,
        )
        try:
            with session.begin_nested():
                session.add(audio)
        except IntegrityError:  # somebody else was faster
            return session.scalars(known).one()
    return audio


def attach_audio(session: Session, episode: Episode, stored: StoredAudio, now: datetime) -> Audio:
    """Make stored audio the episode's audio. What was there before stays in storage."""
    audio = add_audio(session, episode.show_id, stored, now)
    episode.audio_id = audio.id
    record_change(session, episode.show_id, now=now, episode=episode)
    return audio


def find_taken(session: Session, show_id: int, sha256: str) -> Episode | None:
    """The show's episode that was made of the file with this SHA-256, as it is or converted."""
    same = or_(
        Audio.sha256 == sha256,
        Audio.original_key.like(f"%/{PurePath(original_key(0, 'x', sha256, 'x')).stem}.%"),
    )
    return session.scalars(
        select(Episode)
        .join(Audio, Audio.id == Episode.audio_id)
        .where(Episode.show_id == show_id, Episode.state != "deleted", same)
        .order_by(Episode.id)
    ).first()


def fields_from_audio(facts: AudioFacts, path: PurePath) -> dict[str, Any]:
    """What the file itself says about the episode; the podcaster's own words go on top."""
    fields: dict[str, Any] = {"title": facts.tags.title[:255] or title_from_name(path)}
    notes = facts.tags.description or facts.tags.comment
    if notes:
        fields["notes"] = notes
    if facts.tags.track:
        fields["number"] = facts.tags.track
    if facts.tags.season:
        fields["season"] = facts.tags.season
    if facts.chapters:
        fields["chapters"] = [
            {"startTime": chapter.start, "title": chapter.title}
            | ({"url": chapter.url} if chapter.url else {})
            for chapter in facts.chapters
        ]
    return fields


def title_from_name(path: PurePath) -> str:
    """A readable title from a file name: ``03_the-harbour.mp3`` → “the harbour”."""
    words = re.sub(r"[_\-.]+", " ", path.stem).strip()
    return re.sub(r"^\d{1,4}\s+(?=\D)", "", words)[:255] or "Untitled"


def store_cover(storage: Storage, show_id: int, episode_key: str, facts: AudioFacts) -> str | None:
    """Store the file's embedded cover if it can be an episode's artwork; its key or None."""
    if facts.tags.cover is None:
        return None
    try:
        cover = prepare_artwork(facts.tags.cover.data)
    except ArtworkRefused:
        return None  # a small or oblong picture in a tag is common and no reason to complain
    key = artwork_key(show_id, cover.sha256, cover.extension, episode_key)
    put_bytes(storage, key, cover.data, content_type=cover.mime)
    return key


def listening_order(files: Iterable[tuple[Path, AudioFacts]]) -> list[tuple[Path, AudioFacts]]:
    """Files in the order they should be heard: by season and track, else by natural name."""

    def rank(item: tuple[Path, AudioFacts]) -> tuple[Any, ...]:
        path, facts = item
        natural = [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in re.split(r"(\d+)", path.name.lower())
            if part
        ]
        return (facts.tags.season or 0, facts.tags.track or 0, natural)

    return sorted(files, key=rank)


def mentioned_objects(session: Session) -> set[str]:
    """The keys of all stored objects that rows mention."""
    mentioned: set[str] = set()
    for column in (
        Audio.object_key,
        Audio.original_key,
        Show.artwork_key,
        Episode.artwork_key,
        Transcript.object_key,
    ):
        mentioned.update(key for key in session.scalars(select(column)) if key)
    for rows in (Show.persons, Episode.persons, Episode.chapters):
        for each in session.scalars(select(rows)):
            mentioned.update(stored_pictures(each))
    return mentioned


def find_orphans(session: Session, storage: Storage, *, before: datetime) -> Iterator[ObjectStat]:
    """Stored objects that no row mentions and that are older than ``before`` (UTC)."""
    mentioned = mentioned_objects(session)
    # Once examined, an upload has its audio under another key; what it was is left over.
    waiting = Upload.state.in_(("receiving", "examining", "refused"))
    mentioned.update(session.scalars(select(Upload.object_key).where(waiting)))
    mentioned |= mentioned_in_versions(session)  # what may be brought back
    for stat in storage.list(""):
        if stat.key.removesuffix(PEAKS) not in mentioned and stat.modified < before:
            yield stat


def delete_orphans(storage: Storage, orphans: Iterable[ObjectStat]) -> None:
    """Delete what find_orphans found."""
    for orphan in orphans:
        storage.delete(orphan.key)
