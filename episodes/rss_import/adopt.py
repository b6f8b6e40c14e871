"""One item of a foreign feed → one episode of ours, with everything that belongs to it.

What is fetched and stored comes first, the rows last and in one transaction: a crash leaves at
most objects that the same run will find and use again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from episodes.artwork import MAX_BYTES as MAX_ARTWORK
from episodes.artwork import prepare_artwork
from episodes.audio.facts import AudioFacts
from episodes.audio.probe import probe
from episodes.chapters import MAX_BYTES as MAX_CHAPTERS
from episodes.chapters import check_chapters, from_rows, read_chapters, to_rows
from episodes.episodes import change_fields, create_episode
from episodes.errors import BadField, EpisodeError
from episodes.ingest import StoredAudio, attach_audio, fields_from_audio, store_playable
from episodes.links import secure_link
from episodes.models import Episode, Show, Transcript
from episodes.publishing import publish_episode
from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import may_pass
from episodes.rss_import.feed import ForeignItem, ForeignTranscript
from episodes.rss_import.fetch import Fetcher
from episodes.rss_import.part import Part
from episodes.rss_import.words import notes_from_html
from episodes.sidecars import store_transcript
from episodes.storage.base import StorageUnavailable
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from episodes.transcripts.cues import MAX_BYTES as MAX_TRANSCRIPT


@dataclass(frozen=True, slots=True)
class Target:
    """Where an import's episodes go. ``fields`` hold for all of them (the audience)."""

    import_key: str
    show_id: int
    language: str
    artwork_url: str
    fields: dict[str, Any]
    folder: Path


@dataclass(slots=True)
class Brought:
    """An item with all that was fetched for it, stored and ready for the rows."""

    item: ForeignItem
    key: str
    audio: StoredAudio
    fields: dict[str, Any]
    transcripts: list[Transcript]
    warnings: list[str] = field(default_factory=list)


def bring_item(
    desk: Desk,
    fetcher: Fetcher,
    target: Target,
    item: ForeignItem,
    progress: Callable[[int], None],
) -> Brought:
    """Fetch and store an item's audio and what belongs to it; a thread's whole work.

    Raises EpisodeError with the reason when the audio cannot be had or our storage is away,
    Interrupted. Anything else that cannot be had costs a warning.
    """
    key = episode_key(target.import_key, item.guid)
    part = Part(target.folder, key)
    fetcher.download(item.audio_url, part, limit=desk.max_bytes, progress=progress)
    try:
        facts = probe(part.path)
        stored = store_playable(
            desk.storage, target.show_id, key, part.path, facts=facts, convert_to=desk.convert_to
        )
    except EpisodeError as error:
        if not may_pass(error):
            part.forget()  # what arrived is what they serve, and will not become better
        raise
    brought = Brought(item, key, stored, {}, [], facts.warning_texts)
    _fill_in(brought, facts, target)
    _bring_chapters(fetcher, brought)
    _bring_artwork(desk, fetcher, target, brought)
    _bring_transcripts(desk, fetcher, target, brought)
    return brought


def episode_key(import_key: str, guid: str) -> str:
    """The same name for the same item in every run, known only to who knows the import."""
    digest = hashlib.sha256(f"{import_key}\n{guid}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:10]


def _fill_in(brought: Brought, facts: AudioFacts, target: Target) -> None:
    """What the feed says; where it is silent, what the file says. What cannot be is left out."""
    item, scratch = brought.item, Episode()
    own = fields_from_audio(facts, PurePosixPath(urlsplit(item.audio_url).path))
    said = {
        "notes": notes_from_html(item.notes_html) or own.get("notes", ""),
        "author": item.author,
        "link": secure_link(item.link) or "",
        "season": item.season,
        "season_name": item.season_name,
        "number": item.number,
        "type": item.type,
        "explicit": item.explicit,
        "chapters": own.get("chapters", []),
        "persons": list(item.persons),
    }
    for name, value in said.items():
        try:
            change_fields(scratch, {name: value})
        except BadField as error:
            # An “episode 0”, say: no reason to leave the listeners without it.
            brought.warnings.append(f"left out: {error}")
        else:
            brought.fields[name] = value
    brought.fields |= target.fields


def _bring_chapters(fetcher: Fetcher, brought: Brought) -> None:
    """Chapters from the file they are in, else from the item, else from the audio's tags."""
    item, length = brought.item, brought.audio.facts.duration_seconds
    try:
        if item.chapters_url:
            page = fetcher.read(item.chapters_url, limit=MAX_CHAPTERS)
            if page is not None:
                rows = to_rows(check_chapters(read_chapters(page.data), length))
                brought.fields["chapters"] = rows
                return
        if item.chapters:
            rows = to_rows(check_chapters(from_rows(item.chapters), length))
            brought.fields["chapters"] = rows
    except EpisodeError as error:
        brought.warnings.append(f"its chapters are left out: {error}")


def _bring_artwork(desk: Desk, fetcher: Fetcher, target: Target, brought: Brought) -> None:
    url = brought.item.image_url
    if not url or url == target.artwork_url:
        return
    try:
        brought.fields["artwork_key"] = bring_artwork(
            desk, fetcher, url, target.show_id, brought.key
        )
    except StorageUnavailable:
        raise
    except EpisodeError as error:
        brought.warnings.append(f"its picture is left out: {error}")


def bring_artwork(
    desk: Desk, fetcher: Fetcher, url: str, show_id: int, episode_key: str = ""
) -> str | None:
    """Fetch and store a cover; its object key. Raises EpisodeError with the reason."""
    page = fetcher.read(url, limit=MAX_ARTWORK)
    if page is None:
        return None
    cover = prepare_artwork(page.data, crop=True)
    key = artwork_key(show_id, cover.sha256, cover.extension, episode_key)
    put_bytes(desk.storage, key, cover.data, content_type=cover.mime)
    return key


def _bring_transcripts(desk: Desk, fetcher: Fetcher, target: Target, brought: Brought) -> None:
    """The best transcript of each language: one with times, of the formats that say most."""
    for transcript in _best(brought.item.transcripts):
        try:
            page = fetcher.read(transcript.url, limit=MAX_TRANSCRIPT)
            if page is None:
                continue
            name = transcript.mime or page.mime or urlsplit(transcript.url).path
            row = store_transcript(
                desk.storage,
                target.show_id,
                brought.key,
                name=name,
                data=page.data,
                language=transcript.language or target.language,
            )
        except StorageUnavailable:
            raise
        except EpisodeError as error:
            brought.warnings.append(f"a transcript is left out: {error}")
        else:
            brought.transcripts.append(row)


def _best(transcripts: tuple[ForeignTranscript, ...]) -> list[ForeignTranscript]:
    kinds = ("vtt", "srt", "subrip", "json", "plain", "")
    best: dict[str, tuple[int, ForeignTranscript]] = {}
    for each in transcripts:
        said = each.mime + " " + urlsplit(each.url).path.lower()
        rank = next(n for n, kind in enumerate(kinds) if kind in said)
        if "html" in said:
            continue
        if each.language not in best or rank < best[each.language][0]:
            best[each.language] = (rank, each)
    return [each for _rank, each in best.values()]


def add_episode(
    session: Session, target: Target, brought: Brought, published: datetime, now: datetime
) -> bool:
    """The rows of a brought item; False when somebody else was faster. Raises BadField."""
    if _is_here(session, target.show_id, brought.item.guid):
        return False
    show = session.get_one(Show, target.show_id)
    try:
        with session.begin_nested():
            made = create_episode(
                session,
                show,
                title=brought.item.title,
                fields=brought.fields,
                guid=brought.item.guid,
                key=brought.key,
                now=now,
            )
    except IntegrityError:
        return False
    attach_audio(session, made, brought.audio, now)
    made.transcripts[:] = brought.transcripts
    publish_episode(session, made, at=published, now=now)
    return True


def _is_here(session: Session, show_id: int, guid: str) -> bool:
    query = select(Episode.id).where(Episode.show_id == show_id, Episode.guid == guid)
    return session.scalar(query) is not None
