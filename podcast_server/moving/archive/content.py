"""Shows and episodes → the files an archive has of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from episodes.chapters import chapters_json
from episodes.models import Audio, Episode, EpisodeVersion, Show
from episodes.pictures import stored_pictures
from feeds.models import Announcement
from feeds.rendering.whole import whole_feed
from feeds.rendering.write import write_feed
from podcast_server.moving.archive.kinds import (
    ANNOUNCEMENT,
    AUDIO,
    EPISODE,
    SHOW,
    TIER,
    TRANSCRIPT,
    VERSION,
    Kind,
)
from podcast_server.moving.archive.layout import (
    EPISODE_FILE,
    SHOW_FILE,
    ArchiveAddresses,
    episode_folder,
    named,
    picture_file,
    show_folder,
)
from podcast_server.moving.archive.lines import to_pretty_json
from podcast_server.moving.archive.values import record_of

_BATCH = 200


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file made here, whole in memory."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the storage."""

    path: str
    object_key: str


def show_files(
    session: Session, show: Show, public_url: str, now: datetime, *, feeds_at: str = ""
) -> Iterator[SmallFile | StoredFile]:
    """Everything of one show, episodes in the order of their numbers.

    ``feeds_at`` is where the archive will be on the web; "" makes the feed's addresses relative.
    """
    folder = show_folder(show.slug)
    base = f"{feeds_at.rstrip('/')}/{folder}/" if feeds_at else ""
    record = _record(SHOW, show)
    record["tiers"] = [_record(TIER, tier) for tier in show.tiers]
    if show.artwork_key:
        name = record["artwork_file"] = named("artwork", show.artwork_key)
        yield StoredFile(f"{folder}/{name}", show.artwork_key)
    stored = {picture_file(key): key for key in stored_pictures(show.persons)}
    record["announcements"] = _announcements(session, show.id, stored)
    yield SmallFile(f"{folder}/{SHOW_FILE}", to_pretty_json(record))
    for name, key in stored.items():
        yield StoredFile(f"{folder}/{name}", key)
    addresses = ArchiveAddresses(public_url, base)
    document = whole_feed(session, show, addresses, now, self_url=f"{base}feed.xml")
    yield SmallFile(f"{folder}/feed.xml", write_feed(document))
    del document
    for episode in _episodes(session, show.id):
        yield from _episode_files(session, show.slug, episode, addresses)


def _announcements(session: Session, show_id: int, stored: dict[str, str]) -> list[dict[str, Any]]:
    query = (
        select(Announcement, Audio)
        .join(Audio, Audio.id == Announcement.audio_id)
        .where(Announcement.show_id == show_id)
        .order_by(Announcement.id)
    )
    return [
        {**_record(ANNOUNCEMENT, each), "audio": _audio(audio, f"announcement-{each.id}", stored)}
        for each, audio in session.execute(query)
    ]


def _episodes(session: Session, show_id: int) -> Iterator[Episode]:
    last = 0
    while True:
        session.expunge_all()  # what was written need not stay in memory
        batch = session.scalars(
            select(Episode)
            .where(Episode.show_id == show_id, Episode.id > last)
            .order_by(Episode.id)
            .limit(_BATCH)
            .options(
                selectinload(Episode.audio),
                selectinload(Episode.preview_audio),
                selectinload(Episode.transcripts),
            )
        ).all()
        if not batch:
            return
        last = batch[-1].id
        yield from batch


def _episode_files(
    session: Session, slug: str, episode: Episode, addresses: ArchiveAddresses
) -> Iterator[SmallFile | StoredFile]:
    folder = episode_folder(slug, episode.key)
    record = _record(EPISODE, episode)
    pictures = stored_pictures([*episode.persons, *episode.chapters])
    stored = {picture_file(key): key for key in pictures}
    if episode.artwork_key:
        name = record["artwork_file"] = named("artwork", episode.artwork_key)
        stored[name] = episode.artwork_key
    record["audio"] = _audio(episode.audio, "audio", stored)
    record["preview"] = _audio(episode.preview_audio, "preview", stored)
    record["transcripts"] = []
    for each in episode.transcripts:
        name = named(f"transcript-{each.id}", each.object_key)
        stored[name] = each.object_key
        record["transcripts"].append({**_record(TRANSCRIPT, each), "file": name})
    versions = select(EpisodeVersion).where(EpisodeVersion.episode_id == episode.id)
    record["versions"] = [
        _record(VERSION, each) for each in session.scalars(versions.order_by(EpisodeVersion.id))
    ]
    yield SmallFile(f"{folder}/{EPISODE_FILE}", to_pretty_json(record))
    if episode.chapters:
        chapters = chapters_json(episode.chapters, title=episode.title, address=addresses.artwork)
        yield SmallFile(f"{folder}/chapters.json", to_pretty_json(chapters))
    for name, key in stored.items():
        yield StoredFile(f"{folder}/{name}", key)


def _audio(audio: Audio | None, name: str, stored: dict[str, str]) -> dict[str, Any] | None:
    if audio is None:
        return None
    record = _record(AUDIO, audio)
    record["file"] = named(name, audio.object_key)
    stored[record["file"]] = audio.object_key
    if audio.original_key:
        original = "original" if name == "audio" else f"{name}-original"
        record["original_file"] = named(original, audio.original_key)
        stored[record["original_file"]] = audio.original_key
    return record


def _record(kind: Kind, thing: object) -> dict[str, Any]:
    values: Mapping[str, Any] = {
        column.name: getattr(thing, column.name) for column in kind.fields.values()
    }
    return record_of(kind, values)
