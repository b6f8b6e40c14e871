"""Bringing audio in: stored by content, attached in one transaction, nothing left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.audio.facts import AudioFacts
from episodes.audio.probe import probe
from episodes.episodes import create_episode
from episodes.ingest import (
    add_audio,
    attach_audio,
    delete_orphans,
    fields_from_audio,
    find_orphans,
    listening_order,
    store_audio,
    store_cover,
    title_from_name,
)
from episodes.models import Audio, Show
from episodes.storage.base import Storage
from episodes.storage.small import put_bytes
from podcast_server.database import session_factory

SAMPLES = Path("podcast_server/demo/audio")
FIRST, SECOND = SAMPLES / "s01e01-first-light.mp3", SAMPLES / "s01e02-reading-the-tide.mp3"


@pytest.fixture(scope="module")
def facts() -> AudioFacts:
    return probe(FIRST)


def test_a_file_is_stored_byte_for_byte_under_a_name_of_its_content(
    storage: Storage, facts: AudioFacts
) -> None:
    seen: list[int] = []
    stored = store_audio(storage, 1, "abcdefghij", FIRST, facts=facts, progress=seen.append)
    with storage.open(stored.object_key) as reader:
        assert reader.read() == FIRST.read_bytes()
    assert sum(seen) == stored.size == FIRST.stat().st_size
    assert stored.sha256[:32] in stored.object_key


@pytest.mark.thorough
@pytest.mark.both_databases
def test_two_that_bring_the_same_audio_at_once_bring_it_once(
    session: Session, engine: Engine, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    session.commit()
    stored = store_audio(storage, show.id, "abcdefghij", FIRST, facts=facts)
    sessions, found = session_factory(engine), list[int]()

    def bring() -> None:
        with sessions.begin() as there:
            found.append(add_audio(there, show_id, stored, now).id)

    show_id, other = show.id, Thread(target=bring)
    with sessions.begin() as here:
        found.append(add_audio(here, show_id, stored, now).id)
        other.start()
        other.join(0.5)  # it waits for us, who are not done
    other.join(30)
    assert len(found) == 2
    assert len(set(found)) == 1


@pytest.mark.both_databases
def test_an_uncompressed_recording_of_many_hours_is_written_down(
    session: Session, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    stored = store_audio(storage, show.id, "abcdefghij", FIRST, facts=facts)
    size = 4 * 1024**3
    long = replace(stored, size=size, facts=replace(facts, size=size, minute_bytes=size))
    audio = add_audio(session, show.id, long, now)
    session.commit()
    assert (audio.size, audio.minute_bytes) == (size, size)


def test_replaced_audio_keeps_guid_key_and_history(
    session: Session, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    episode = create_episode(session, show, title="One", now=now)
    guid, key = episode.guid, episode.key
    old = attach_audio(
        session, episode, store_audio(storage, show.id, key, FIRST, facts=facts), now
    )
    new = attach_audio(session, episode, store_audio(storage, show.id, key, SECOND), now)
    assert (episode.guid, episode.key) == (guid, key)
    assert episode.audio_id == new.id != old.id
    assert storage.stat(old.object_key) is not None


def test_the_same_file_again_is_the_same_audio(
    session: Session, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    episode = create_episode(session, show, title="One", now=now)
    for path in (FIRST, SECOND, FIRST):
        known = facts if path == FIRST else None
        attach_audio(
            session, episode, store_audio(storage, show.id, episode.key, path, facts=known), now
        )
    assert len(session.scalars(select(Audio)).all()) == 2


def test_a_crash_between_storing_and_the_database_leaves_an_orphan_that_repair_finds(
    session: Session, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    stored = store_audio(storage, show.id, "abcdefghij", FIRST, facts=facts)
    # … and here the process died. An hour later:
    later = datetime.now(now.tzinfo) + timedelta(hours=1)
    orphans = list(find_orphans(session, storage, before=later))
    assert [orphan.key for orphan in orphans] == [stored.object_key]
    delete_orphans(storage, orphans)
    assert storage.stat(stored.object_key) is None


def test_what_is_in_use_or_only_just_stored_is_no_orphan(
    session: Session, storage: Storage, show: Show, facts: AudioFacts, now: datetime
) -> None:
    episode = create_episode(session, show, title="One", now=now)
    attach_audio(
        session, episode, store_audio(storage, show.id, episode.key, FIRST, facts=facts), now
    )
    show.artwork_key = store_cover(storage, show.id, "", facts)
    store_audio(storage, show.id, "abcdefghij", SECOND)
    clock = datetime.now(now.tzinfo)
    assert list(find_orphans(session, storage, before=clock - timedelta(hours=1))) == []


def test_the_files_tags_fill_the_form(facts: AudioFacts) -> None:
    fields = fields_from_audio(facts, FIRST)
    assert fields["title"] == "First light on the quay"
    assert fields["number"] == 1
    starts = [chapter["startTime"] for chapter in fields["chapters"]]
    assert starts == sorted(starts)
    assert len(starts) >= 2


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("03_the-harbour.mp3", "the harbour"),
        ("Episode 12.mp3", "Episode 12"),
        ("2026.mp3", "2026"),
        (".mp3", "mp3"),
        ("___.mp3", "Untitled"),
    ],
)
def test_a_file_without_a_title_is_called_after_its_name(name: str, title: str) -> None:
    assert title_from_name(Path(name)) == title


def test_files_are_ordered_by_season_and_track_and_else_by_natural_name(facts: AudioFacts) -> None:
    def file(name: str, season: int | None, track: int | None) -> tuple[Path, AudioFacts]:
        return Path(name), replace(facts, tags=replace(facts.tags, season=season, track=track))

    files = [
        file("b.mp3", 2, 1),
        file("z.mp3", 1, 2),
        file("a.mp3", 1, 10),
        file("part 10.mp3", None, None),
        file("part 9.mp3", None, None),
    ]
    order = [path.name for path, _ in listening_order(files)]
    assert order == ["part 9.mp3", "part 10.mp3", "z.mp3", "a.mp3", "b.mp3"]


def test_pictures_of_persons_and_chapters_are_no_orphans(
    session: Session, storage: Storage, show: Show, now: datetime
) -> None:
    key, other = (f"shows/{show.id}/picture-{digit * 32}.jpg" for digit in "01")
    for each in (key, other):
        put_bytes(storage, each, b"picture", content_type="image/jpeg")
    show.persons = [{"name": "Ada", "img": key}]
    session.flush()
    later = now + timedelta(days=9000)
    left = {orphan.key for orphan in find_orphans(session, storage, before=later)}
    assert key not in left
    assert other in left
