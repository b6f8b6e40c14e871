"""Encrypted and scheduled backups: unreadable without the identity, restored with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from episodes.ingest import mentioned_objects
from episodes.models import Show
from episodes.storage.memory import MemoryStorage
from feeds.tokens import save_signing_keys
from podcast_server.backup.backup import list_backups, make_backup
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import FolderPlace
from podcast_server.backup.regular import back_up_when_due
from podcast_server.backup.restore import restore_backup, restore_keys
from podcast_server.backup.seal import new_identity
from podcast_server.database import open_engine, session_factory
from podcast_server.services import Services
from podcast_server.settings import BackupSettings
from tests.builders import build_episode
from tests.conftest import KEY, NOW, People

IDENTITY, RECIPIENT = new_identity()
SOUND = b"the sound of a harbour " * 500


@pytest.fixture
def filled(services: Services, session: Session, show: Show, people: People) -> Services:
    build_episode(session, services.storage, show, NOW, data=SOUND)
    session.commit()
    save_signing_keys(services.settings.keys_file, services.tokens.keys)
    section = BackupSettings(folder="backups", keep=2, recipient=RECIPIENT)
    settings = services.settings.model_copy(update={"backup": section})
    return replace(services, settings=settings)


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    path = tmp_path / "identity.txt"
    path.write_text(f"# public key: {RECIPIENT}\n{IDENTITY}\n")
    return path


def back_up(services: Services, place: FolderPlace) -> str:
    return make_backup(
        services, place, with_keys=True, recipient=RECIPIENT, now=NOW, progress=lambda _key: None
    ).name


def test_nothing_secret_is_readable_in_an_encrypted_backup(
    filled: Services, tmp_path: Path
) -> None:
    back_up(filled, FolderPlace(tmp_path / "b"))
    files = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        data = path.read_bytes()
        for secret in (b"example.org", KEY.secret.encode(), SOUND[:40], b"SQLite format"):
            assert secret not in data, path
    assert not list(filled.settings.data.glob("tmp*"))


def test_an_encrypted_backup_is_restored_whole_with_its_identity(
    filled: Services, identity: Path, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path / "b")
    made = back_up(filled, place)
    engine = open_engine(f"sqlite:///{tmp_path}/fresh/podcast.sqlite3")
    fresh = replace(
        filled, engine=engine, sessions=session_factory(engine), storage=MemoryStorage()
    )
    restore_keys(place, made, tmp_path / "fresh" / "keys.json", identity)
    restore_backup(fresh, place, made, progress=lambda _key: None, identity=identity)
    assert (tmp_path / "fresh" / "keys.json").read_bytes() == filled.settings.keys_file.read_bytes()
    with fresh.sessions() as session:
        keys = mentioned_objects(session)
    for key in keys:
        with fresh.storage.open(key) as restored, filled.storage.open(key) as original:
            assert restored.read() == original.read()
    engine.dispose()


def test_without_the_right_identity_it_stays_closed(filled: Services, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "b")
    made = back_up(filled, place)
    keys = tmp_path / "fresh" / "keys.json"
    with pytest.raises(BackupError, match="--identity"):
        restore_keys(place, made, keys)
    other = tmp_path / "other.txt"
    other.write_text(new_identity()[0])
    with pytest.raises(BackupError, match="another identity"):
        restore_keys(place, made, keys, other)
    (tmp_path / "empty.txt").write_text("nothing")
    with pytest.raises(BackupError, match="no age identity"):
        restore_keys(place, made, keys, tmp_path / "empty.txt")


def test_a_wrong_recipient_is_refused_before_anything_is_written(
    filled: Services, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="recipient"):
        make_backup(
            filled,
            FolderPlace(tmp_path / "b"),
            with_keys=True,
            recipient="age1nonsense",
            now=NOW,
            progress=lambda _key: None,
        )
    assert list_backups(FolderPlace(tmp_path / "b")) == []


def test_scheduled_backups_are_made_when_due_and_the_oldest_go(filled: Services) -> None:
    made = [back_up_when_due(filled, NOW + timedelta(hours=hour)) for hour in range(0, 100, 12)]
    assert [each is not None for each in made] == [True, False] * 4 + [True]
    folder = filled.settings.home / "backups"
    kept = [each.name for each in made if each is not None][-2:]
    assert (
        list_backups(FolderPlace(folder)) == kept == sorted(each.name for each in folder.glob("2*"))
    )
    assert (folder / kept[-1] / "signing-keys.json.age").exists()


def test_a_scheduled_backup_in_the_clear_has_no_signing_keys(filled: Services) -> None:
    section = BackupSettings(folder="backups")
    plain = replace(filled, settings=filled.settings.model_copy(update={"backup": section}))
    made = back_up_when_due(plain, NOW)
    assert made is not None
    assert not list((plain.settings.home / "backups").rglob("signing-keys*"))


def test_files_that_no_kept_backup_needs_are_removed(
    filled: Services, session: Session, show: Show
) -> None:
    back_up_when_due(filled, NOW)
    objects = filled.settings.home / "backups" / "objects"
    stray = objects / "audio" / "gone.mp3.age"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"old")
    kept = {path for path in objects.rglob("*.age") if path != stray}
    back_up_when_due(filled, NOW + timedelta(days=1))
    assert not stray.exists()
    assert kept
    assert all(path.exists() for path in kept)


def test_while_another_backup_is_in_the_making_no_file_is_removed_until_it_is_given_up(
    filled: Services,
) -> None:
    back_up_when_due(filled, NOW)
    folder = filled.settings.home / "backups"
    being_made = folder / (NOW + timedelta(hours=23)).strftime("%Y-%m-%dT%H-%M-%SZ")
    being_made.mkdir()
    (being_made / "database.sqlite3.age").write_bytes(b"half")
    its = folder / "objects" / "audio" / "just-copied.mp3.age"
    its.parent.mkdir(parents=True, exist_ok=True)
    its.write_bytes(b"new")
    back_up_when_due(filled, NOW + timedelta(days=1))
    assert its.exists()
    back_up_when_due(filled, NOW + timedelta(days=4))
    assert not its.exists()
    assert not being_made.exists()


def test_without_a_folder_no_backup_is_made(services: Services) -> None:
    assert back_up_when_due(services, NOW) is None


def test_an_encrypted_backup_is_verified_and_mended_without_the_identity(
    filled: Services, identity: Path, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path / "b")
    back_up(filled, place)
    [victim] = (tmp_path / "b" / "objects").rglob("*.mp3.age")
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    verified = make_backup(
        filled,
        place,
        with_keys=True,
        recipient=RECIPIENT,
        now=NOW + timedelta(hours=1),
        progress=lambda _key: None,
        verify=True,
    )
    assert len(verified.copied.replaced) == 1
    engine = open_engine(f"sqlite:///{tmp_path}/fresh/podcast.sqlite3")
    fresh = replace(
        filled, engine=engine, sessions=session_factory(engine), storage=MemoryStorage()
    )
    restore_backup(fresh, place, verified.name, progress=lambda _key: None, identity=identity)


@pytest.mark.thorough
def test_scheduled_backups_verify_once_in_so_many_days(filled: Services) -> None:
    section = filled.settings.backup.model_copy(update={"every_hours": 24, "verify_days": 3})
    daily = replace(filled, settings=filled.settings.model_copy(update={"backup": section}))
    place = FolderPlace(daily.settings.home / "backups")
    mended = []
    for day in range(8):
        for path in (daily.settings.home / "backups" / "objects").rglob("*.age"):
            path.write_bytes(b"damaged")
        made = back_up_when_due(daily, NOW + timedelta(days=day))
        assert made is not None
        mended.append(len(made.copied.replaced))
    assert mended == [0, 0, 0, 1, 0, 0, 1, 0]
    assert len(list_backups(place)) == 2
