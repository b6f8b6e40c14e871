"""Previews that cut themselves: the first minutes, and again when the audio is replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from episodes.errors import BadField
from episodes.ingest import attach_audio, store_audio
from episodes.models import Audio, Episode, Show
from episodes.preview_cutting import cut_due_previews, preview_is_due
from episodes.previews import attach_preview, remove_preview, store_preview
from episodes.shows import update_show
from episodes.storage.base import Storage, StorageUnavailable
from podcast_server.database import session_factory
from tests.builders import build_episode
from tests.samples.audio import record

Give = Callable[[int], None]
Run = Callable[[], int]


@pytest.fixture
def run(engine: Engine, session: Session, storage: Storage, now: datetime) -> Run:
    """What the job does; the test sees what came of it."""

    def cut() -> int:
        session.commit()
        tried = cut_due_previews(session_factory(engine), storage, now)
        session.expire_all()
        return tried

    return cut


@pytest.fixture
def give(
    session: Session, storage: Storage, episode: Episode, now: datetime, tmp_path: Path
) -> Give:
    """Gives the episode audio of so many seconds."""

    def audio(seconds: int) -> None:
        sound = record(tmp_path / f"{seconds}.mp3", seconds=seconds)
        attach_audio(session, episode, store_audio(storage, episode.show_id, "x", sound), now)

    return audio


@pytest.fixture
def episode(session: Session, storage: Storage, show: Show, now: datetime) -> Episode:
    """A members' episode of a show that wants previews of a minute."""
    update_show(session, show, {"preview_minutes": 1}, now)
    return build_episode(session, storage, show, now)


def length(session: Session, episode: Episode) -> float:
    """Of its preview, in seconds; 0 where it has none."""
    if episode.preview_audio_id is None:
        return 0.0
    return session.get_one(Audio, episode.preview_audio_id).duration


@pytest.mark.thorough
def test_the_first_minutes_of_a_members_episode_are_cut_once(
    session: Session, show: Show, episode: Episode, give: Give, run: Run
) -> None:
    give(90)
    session.flush()
    session.refresh(episode)
    revision = show.revision
    assert preview_is_due(episode, show)
    assert run() == 1
    assert length(session, episode) == pytest.approx(60, abs=0.5)
    assert show.revision > revision
    assert not preview_is_due(episode, show)
    assert run() == 0


@pytest.mark.thorough
@pytest.mark.parametrize("reason", ["free", "not wanted by the show", "removed", "deleted"])
def test_nobody_cuts_what_is_not_wanted(
    session: Session,
    show: Show,
    episode: Episode,
    give: Give,
    run: Run,
    now: datetime,
    reason: str,
) -> None:
    give(90)
    if reason == "free":
        episode.audience = "free"
    elif reason == "deleted":
        episode.state = "deleted"
    elif reason == "removed":
        remove_preview(session, episode, now)
    else:
        update_show(session, show, {"preview_minutes": None}, now)
    session.flush()
    session.refresh(episode)
    assert not preview_is_due(episode, show)
    assert run() == 0
    assert episode.preview_audio_id is None


@pytest.mark.thorough
def test_new_audio_gets_a_new_preview_of_the_chosen_part(
    session: Session, storage: Storage, show: Show, episode: Episode, give: Give, run: Run,
    now: datetime,
) -> None:  # fmt: skip
    update_show(session, show, {"preview_minutes": None}, now)
    give(50)
    session.flush()
    audio = session.get_one(Audio, episode.audio_id)
    stored = store_preview(storage, show.id, episode.key, audio, start=5, end=25)
    attach_preview(session, episode, stored, now, of=audio, chosen=(5.0, 25.0))
    assert run() == 0
    give(90)
    assert run() == 1
    assert episode.preview_of == session.get_one(Audio, episode.audio_id).sha256 != audio.sha256
    assert length(session, episode) == pytest.approx(20, abs=0.5)


@pytest.mark.thorough
def test_an_episode_shorter_than_its_preview_has_none_and_is_not_tried_again(
    session: Session, episode: Episode, give: Give, run: Run
) -> None:
    give(90)
    run()
    assert length(session, episode) > 0
    give(45)  # the old preview goes: it is of a sound that is no more
    assert run() == 1
    assert length(session, episode) == 0
    assert run() == 0
    give(95)
    run()
    assert length(session, episode) == pytest.approx(60, abs=0.5)


@pytest.mark.thorough
def test_while_the_storage_is_away_it_waits(
    session: Session,
    storage: Storage,
    episode: Episode,
    give: Give,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(90)

    def away(*_args: object, **_options: object) -> None:
        raise StorageUnavailable("the S3 server cannot be reached")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "put", away)
        with pytest.raises(StorageUnavailable):
            run()
    session.expire_all()
    assert episode.preview_audio_id is None
    assert run() == 1
    assert length(session, episode) > 0


@pytest.mark.thorough
@pytest.mark.parametrize("meanwhile", ["audio", "removed", "chosen", "free", "show"])
def test_what_was_decided_while_it_was_cut_holds(
    session: Session,
    engine: Engine,
    storage: Storage,
    episode: Episode,
    give: Give,
    run: Run,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: str,
) -> None:
    give(90)
    put, sessions = storage.put, session_factory(engine)
    sound = record(tmp_path / "other.mp3", seconds=80)

    def decide(other: sessionmaker[Session]) -> None:
        monkeypatch.setattr(storage, "put", put)
        stored = store_audio(storage, episode_show, "y", sound)
        with other.begin() as there:
            found = there.get_one(Episode, episode_id)
            if meanwhile == "audio":
                attach_audio(there, found, stored, now)
            elif meanwhile == "removed":
                remove_preview(there, found, now)
            elif meanwhile == "free":
                found.audience = "free"
            elif meanwhile == "show":
                found.show.preview_minutes = None
            else:
                found.preview_start, found.preview_end = 3.0, 9.0

    def put_late(*args: object, **options: object) -> object:
        decide(sessions)
        return put(*args, **options)  # type: ignore[arg-type]

    session.commit()
    episode_id, episode_show = episode.id, episode.show_id
    monkeypatch.setattr(storage, "put", put_late)
    run()
    assert episode.preview_audio_id is None
    assert episode.preview_of == ""


@pytest.mark.parametrize("minutes", [0, 11, -1])
def test_a_preview_has_one_to_ten_minutes(
    session: Session, show: Show, now: datetime, minutes: int
) -> None:
    with pytest.raises(BadField, match="must be 1 to 10"):
        update_show(session, show, {"preview_minutes": minutes}, now)
