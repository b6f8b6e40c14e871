"""The part of a members' episode that everybody may hear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from episodes.audio.probe import probe
from episodes.ingest import attach_audio, store_audio
from episodes.models import Audio, Episode, Show
from episodes.previews import (
    PreviewRefused,
    attach_preview,
    read_clock,
    remove_preview,
    store_preview,
)
from episodes.storage.base import Storage
from episodes.storage.files import as_file
from tests.builders import build_episode
from tests.conftest import Get, People, body_of
from tests.samples.audio import record

Cut = Callable[[float, float], None]


@pytest.fixture
def episode(
    session: Session, storage: Storage, show: Show, now: datetime, tmp_path: Path
) -> Episode:
    """A members' episode of 45 seconds, with real sound."""
    made = build_episode(session, storage, show, now)
    sound = record(tmp_path / "long.mp3", seconds=45)
    attach_audio(session, made, store_audio(storage, show.id, made.key, sound), now)
    session.commit()
    return made


@pytest.fixture
def cut(session: Session, storage: Storage, episode: Episode, now: datetime) -> Cut:
    def make(start: float, end: float) -> None:
        audio = session.get_one(Audio, episode.audio_id)
        stored = store_preview(storage, episode.show_id, episode.key, audio, start=start, end=end)
        attach_preview(session, episode, stored, now, of=audio)
        session.commit()

    return make


@pytest.mark.thorough
def test_everybody_hears_the_preview_and_no_more(
    get: Get, people: People, episode: Episode, cut: Cut, storage: Storage, session: Session
) -> None:
    cut(10, 40)
    heard = get(f"/listen/{episode.key}.preview.mp3")
    assert heard.status == 200
    preview = session.get_one(Audio, episode.preview_audio_id)
    assert body_of(heard) == b"".join(storage.open(preview.object_key, 0, None))
    with as_file(storage, preview.object_key) as path:
        assert probe(path).duration_seconds == pytest.approx(30, abs=0.5)
    assert get(f"/listen/{episode.key}.mp3").status == 403


@pytest.mark.thorough
def test_the_public_feed_carries_it_at_once(
    get: Get, show: Show, episode: Episode, cut: Cut
) -> None:
    feed = f"/shows/{show.slug}/feed.xml"
    assert b".preview.mp3" not in body_of(get(feed))
    cut(0, 30)
    assert f"/listen/{episode.key}.preview.mp3".encode() in body_of(get(feed))


@pytest.mark.thorough
def test_a_removed_preview_is_gone_at_once(
    get: Get, session: Session, episode: Episode, cut: Cut, now: datetime
) -> None:
    cut(0, 30)
    remove_preview(session, episode, now)
    session.commit()
    assert get(f"/listen/{episode.key}.preview.mp3").status == 404


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (0, 720, "whole episode"),
        (0, 9999, "whole episode"),
        (30, 650, "10 minutes"),
        (30, 30, "end after"),
        (-5, 30, "end after"),
    ],
)
def test_what_is_sold_is_not_given_away(
    cut: Cut, session: Session, episode: Episode, start: float, end: float, reason: str
) -> None:
    session.get_one(Audio, episode.audio_id).duration = 720.0
    with pytest.raises(PreviewRefused, match=reason):
        cut(start, end)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1:30", 90), (" 01:02:03 ", 3723), ("0:07.5", 7.5)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert read_clock(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1:00", "1:2:3:4", "nan", "1e3", "٣"])
def test_nonsense_is_no_time(text: str) -> None:
    with pytest.raises(PreviewRefused):
        read_clock(text)
