"""Backups in a bucket of a real S3 server: made by themselves, kept, tidied, restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from episodes.ingest import mentioned_objects
from episodes.models import Show
from episodes.storage.base import StorageError, StorageSettings, StorageUnavailable
from episodes.storage.memory import MemoryStorage
from episodes.storage.s3.foreign import S3Folder
from feeds.tokens import save_signing_keys
from podcast_server.backup.backup import list_backups
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import FolderPlace, Place, open_place
from podcast_server.backup.regular import back_up_when_due
from podcast_server.backup.restore import restore_backup, restore_keys
from podcast_server.backup.seal import new_identity
from podcast_server.database import open_engine, session_factory
from podcast_server.services import Services
from podcast_server.settings import BackupSettings, StorageSection
from tests.builders import build_episode
from tests.conftest import KEY, NOW, People

pytest_plugins = ["tests.s3_server"]

IDENTITY, RECIPIENT = new_identity()
# More than one part of a multipart upload.
SOUND = b"the sound of a harbour " * 500_000


@pytest.fixture
def section(s3_settings: StorageSettings) -> BackupSettings:
    return BackupSettings(
        folder=f"s3://{s3_settings.bucket}/{s3_settings.prefix}/Sicherung",
        keep=2,
        recipient=RECIPIENT,
        endpoint=s3_settings.endpoint,
        access_key=SecretStr(s3_settings.access_key),
        secret_key=SecretStr(s3_settings.secret_key),
    )


@pytest.fixture
def filled(
    services: Services, session: Session, show: Show, people: People, section: BackupSettings
) -> Services:
    build_episode(session, services.storage, show, NOW, data=SOUND)
    session.commit()
    save_signing_keys(services.settings.keys_file, services.tokens.keys)
    settings = services.settings.model_copy(update={"backup": section})
    return replace(services, settings=settings)


@pytest.fixture
def fresh(filled: Services, tmp_path: Path) -> Iterator[Services]:
    engine = open_engine(f"sqlite:///{tmp_path}/fresh/podcast.sqlite3")
    yield replace(filled, engine=engine, sessions=session_factory(engine), storage=MemoryStorage())
    engine.dispose()


def place_of(services: Services) -> Place:
    return open_place(services.settings, services.settings.backup.folder)


def restore(fresh: Services, place: Place, name: str, folder: Path) -> None:
    identity = folder / "identity.txt"
    identity.write_text(IDENTITY)
    restore_keys(place, name, folder / "keys.json", identity)
    restore_backup(fresh, place, name, progress=lambda _key: None, identity=identity)


def everything(services: Services) -> dict[str, bytes]:
    with services.sessions() as session:
        keys = mentioned_objects(session)
    found = {}
    for key in keys:
        with services.storage.open(key) as reader:
            found[key] = reader.read()
    return found


@pytest.mark.slow
def test_a_backup_in_a_bucket_is_restored_whole(
    filled: Services, fresh: Services, tmp_path: Path
) -> None:
    made = back_up_when_due(filled, NOW)
    assert made is not None
    restore(fresh, place_of(filled), made.name, tmp_path)
    assert everything(fresh) == everything(filled)
    assert (tmp_path / "keys.json").read_bytes() == filled.settings.keys_file.read_bytes()
    assert not list(filled.settings.data.glob(".backup-*")), "nothing stays on the way"


@pytest.mark.slow
def test_a_bucket_copied_into_a_folder_is_a_backup_too(
    filled: Services, fresh: Services, tmp_path: Path, s3_settings: StorageSettings
) -> None:
    made = back_up_when_due(filled, NOW)
    assert made is not None
    remote = S3Folder(replace(s3_settings, prefix=f"{s3_settings.prefix}/Sicherung"))
    for top in remote.folders():
        for found in remote.walk(top):
            target = tmp_path / "copied" / found.key
            target.parent.mkdir(parents=True, exist_ok=True)
            remote.download(found.key, target)
            for secret in (b"example.org", KEY.secret.encode(), SOUND[:40], b"SQLite format"):
                assert secret not in target.read_bytes(), found.key
    restore(fresh, FolderPlace(tmp_path / "copied"), made.name, tmp_path)
    assert everything(fresh) == everything(filled)


@pytest.mark.slow
def test_in_a_bucket_too_files_go_once_and_the_oldest_backups_are_removed(
    filled: Services, session: Session, show: Show
) -> None:
    made = [back_up_when_due(filled, NOW + timedelta(days=day)) for day in range(2)]
    build_episode(session, filled.storage, show, NOW)
    session.commit()
    made += [back_up_when_due(filled, NOW + timedelta(days=2))]
    assert [each.copied.copied for each in made if each] == [1, 0, 1]
    place = place_of(filled)
    assert list_backups(place) == [each.name for each in made if each][1:]
    needed = place.names("objects")
    with place.writing("objects/shows/9/stray.mp3.age") as file:
        file.write(b"of a backup that was removed")
    back_up_when_due(filled, NOW + timedelta(days=3))
    assert place.names("objects") == needed
    assert len(needed) == 2


@pytest.mark.slow
def test_a_backup_without_a_manifest_is_none(filled: Services, fresh: Services) -> None:
    made = back_up_when_due(filled, NOW)
    assert made is not None
    place = place_of(filled)
    place.remove(f"{made.name}/manifest.json")
    assert list_backups(place) == []
    with pytest.raises(BackupError, match="not a finished backup"):
        restore_backup(fresh, place, made.name, progress=lambda _key: None)


@pytest.mark.thorough
def test_a_bucket_that_cannot_be_reached_is_an_error_and_not_an_absence(
    services: Services,
) -> None:
    section = BackupSettings(
        folder="s3://bucket/backups",
        endpoint="http://127.0.0.1:9",
        access_key=SecretStr("a"),
        secret_key=SecretStr("b"),
    )
    settings = services.settings.model_copy(update={"backup": section})
    with pytest.raises(StorageUnavailable, match="cannot be reached"):
        back_up_when_due(replace(services, settings=settings), NOW)


def test_a_backup_never_goes_where_the_server_keeps_its_own_files(services: Services) -> None:
    own = StorageSection(backend="s3", bucket="ours", prefix="audio")
    settings = services.settings.model_copy(update={"storage": own})
    for address in ("s3://ours", "s3://ours/audio", "s3://ours/audio/backups"):
        with pytest.raises(StorageError, match="its own files"):
            open_place(settings, address)
    open_place(settings, "s3://ours/backups")
