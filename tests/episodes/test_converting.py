"""Who waits for an upload to be converted sees how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from episodes.audio.probe import probe
from episodes.converting import converted_share, note_conversion
from episodes.ingest import store_playable
from episodes.models import Show, Upload
from episodes.storage.base import Storage
from podcast_server.database import session_factory
from tests.samples.audio import record


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


@pytest.fixture
def share(
    session: Session, sessions: sessionmaker[Session], show: Show, now: datetime
) -> Callable[[float], float | None]:
    """Note a share; what is known of it then."""
    upload = Upload(
        key="k",
        show_id=show.id,
        file_name="a.wav",
        fingerprint="f",
        size=1,
        part_size=1,
        object_key="incoming/k",
        storage_id="s",
        state="examining",
        episode_key="e",
        created_at=now,
        updated_at=now,
    )
    session.add(upload)
    session.commit()
    assert converted_share(upload) is None
    note = note_conversion(sessions, "k")

    def known(now: float) -> float | None:
        note(now)
        session.refresh(upload)
        found = converted_share(upload)
        session.commit()
        return found

    return known


def test_it_is_known_from_its_beginning_and_then_in_steps(
    share: Callable[[float], float | None],
) -> None:
    begun = share(0.0)
    assert begun is not None
    assert begun < 0.01
    assert share(0.04) == begun
    assert share(0.4) == 0.4
    assert share(1.0) == 1.0


@pytest.mark.parametrize(("form", "converted"), [("flac", True), ("mp3", False)])
def test_only_what_is_converted_tells_how_far_it_is(
    storage: Storage, show: Show, tmp_path: Path, form: str, converted: bool
) -> None:
    path = record(tmp_path / f"a.{form}", form, seconds=2)
    told: list[float] = []
    store_playable(
        storage,
        show.id,
        "e",
        path,
        facts=probe(path),
        convert_to="mp3",
        converting=told.append,
    )
    assert told == sorted(told)
    assert (told[:1] == [0.0]) is converted
