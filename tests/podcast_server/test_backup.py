"""Backups: one moment of the database, every file whole, and back again."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Audio, Show
from episodes.storage.memory import MemoryStorage
from feeds.models import PrivateFeed
from feeds.tokens import save_signing_keys
from podcast_server.backup.backup import (
    list_backups,
    make_backup,
    read_manifest,
    restore_backup,
    restore_keys,
)
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import FolderPlace
from podcast_server.database import open_engine, session_factory
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import People


def quiet(_key: str) -> None:
    """No progress to show."""


@pytest.fixture
def filled(
    services: Services, session: Session, show: Show, people: People, now: datetime
) -> Services:
    for _ in range(3):
        build_episode(session, services.storage, show, now)
    session.commit()
    save_signing_keys(services.settings.keys_file, services.tokens.keys)
    return services


Fresh = Callable[[], Services]


@pytest.fixture
def fresh(services: Services, tmp_path: Path) -> Fresh:
    """Another, empty installation."""

    def make() -> Services:
        engine = open_engine(f"sqlite:///{tmp_path}/fresh/podcast.sqlite3")
        return replace(
            services, engine=engine, sessions=session_factory(engine), storage=MemoryStorage()
        )

    return make


def test_a_restored_installation_has_the_same_feeds_and_files(
    filled: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    made = make_backup(filled, FolderPlace(tmp_path / "b"), with_keys=True, now=now, progress=quiet)
    assert made.copied.missing == ()
    other = fresh()
    restore_backup(other, FolderPlace(tmp_path / "b"), made.name, progress=quiet)
    with filled.sessions() as before, other.sessions() as after:
        keys = select(PrivateFeed.key).order_by(PrivateFeed.id)
        assert before.scalars(keys).all() == after.scalars(keys).all()
        for audio in after.scalars(select(Audio)):
            with filled.storage.open(audio.object_key) as one:
                expected = one.read()
            with other.storage.open(audio.object_key) as two:
                assert two.read() == expected


def test_a_second_backup_copies_only_what_is_new(
    filled: Services, session: Session, show: Show, tmp_path: Path, now: datetime
) -> None:
    backups = FolderPlace(tmp_path / "b")
    first = make_backup(filled, backups, with_keys=False, now=now, progress=quiet)
    build_episode(session, filled.storage, show, now)
    session.commit()
    later = now + timedelta(days=1)
    second = make_backup(filled, backups, with_keys=False, now=later, progress=quiet)
    assert (first.copied.copied, second.copied.copied) == (3, 1)
    assert second.objects == 4
    assert list_backups(backups) == [first.name, second.name]


def test_keys_stay_out_unless_asked_and_are_for_the_owner_alone(
    filled: Services, tmp_path: Path, now: datetime
) -> None:
    without = make_backup(
        filled, FolderPlace(tmp_path / "a"), with_keys=False, now=now, progress=quiet
    )
    secret = filled.tokens.keys[0].secret
    for path in (tmp_path / "a").rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()
    with pytest.raises(BackupError, match="without signing keys"):
        restore_keys(FolderPlace(tmp_path / "a"), without.name, tmp_path / "nowhere" / "keys.json")
    having = make_backup(
        filled, FolderPlace(tmp_path / "b"), with_keys=True, now=now, progress=quiet
    )
    target = tmp_path / "new" / "keys.json"
    restore_keys(FolderPlace(tmp_path / "b"), having.name, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes() == filled.settings.keys_file.read_bytes()


def test_an_installation_in_use_is_never_overwritten(
    filled: Services, tmp_path: Path, now: datetime
) -> None:
    made = make_backup(
        filled, FolderPlace(tmp_path / "b"), with_keys=False, now=now, progress=quiet
    )
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(filled, FolderPlace(tmp_path / "b"), made.name, progress=quiet)


def test_a_file_that_is_missing_in_the_storage_is_reported_and_the_rest_backed_up(
    filled: Services, session: Session, tmp_path: Path, now: datetime
) -> None:
    lost = session.scalars(select(Audio.object_key)).first()
    assert lost is not None
    filled.storage.delete(lost)
    made = make_backup(
        filled, FolderPlace(tmp_path / "b"), with_keys=False, now=now, progress=quiet
    )
    assert made.copied.missing == (lost,)
    assert made.copied.copied == 2


def test_a_damaged_file_in_a_backup_is_noticed_on_restore(
    filled: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    made = make_backup(
        filled, FolderPlace(tmp_path / "b"), with_keys=False, now=now, progress=quiet
    )
    victim = next(p for p in (tmp_path / "b" / "objects").rglob("*.mp3"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(BackupError, match="damaged"):
        restore_backup(fresh(), FolderPlace(tmp_path / "b"), made.name, progress=quiet)


def test_an_unfinished_backup_is_none(filled: Services, tmp_path: Path, now: datetime) -> None:
    made = make_backup(
        filled, FolderPlace(tmp_path / "b"), with_keys=False, now=now, progress=quiet
    )
    (tmp_path / "b" / made.name / "manifest.json").unlink()
    assert list_backups(FolderPlace(tmp_path / "b")) == []
    with pytest.raises(BackupError, match="not a finished backup"):
        read_manifest(FolderPlace(tmp_path / "b"), made.name)
