"""Backups: one moment of the database, every file whole, and back again."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.history import keeping
from episodes.ingest import mentioned_objects
from episodes.models import Audio, Episode, Show
from episodes.storage.keys import artwork_key
from episodes.storage.memory import MemoryStorage
from episodes.storage.small import put_bytes
from feeds.models import PrivateFeed
from feeds.tokens import save_signing_keys
from podcast_server.backup.backup import Made, list_backups, make_backup, read_manifest
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import FolderPlace
from podcast_server.backup.restore import restore_backup, restore_keys
from podcast_server.database import open_engine, schema_versions, session_factory
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


def test_what_earlier_versions_of_an_episode_need_is_in_the_backup(
    filled: Services, session: Session, tmp_path: Path, now: datetime
) -> None:
    episode = session.scalars(select(Episode)).first()
    assert episode is not None
    old, gone = (artwork_key(episode.show_id, c * 64, "jpg", episode.key) for c in "ab")
    put_bytes(filled.storage, old, b"an old cover", content_type="image/jpeg")
    for key in (old, gone, None):
        with keeping(session, episode, by="ada@example.org", now=now):
            episode.artwork_key = key
    session.commit()
    place = FolderPlace(tmp_path / "b")
    made = make_backup(filled, place, with_keys=False, now=now, progress=quiet)
    objects = read_manifest(place, made.name)["objects"]
    assert (old in objects, gone in objects, made.copied.missing) == (True, False, ())


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


Damage = Callable[[Path], None]


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def objects_in(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(path for path in (folder / "objects").rglob(pattern) if path.is_file())


@pytest.fixture
def with_artwork(filled: Services, session: Session, show: Show) -> Services:
    data = b"a picture of a harbour" * 100
    show.artwork_key = artwork_key(show.id, hashlib.sha256(data).hexdigest(), "jpg")
    put_bytes(filled.storage, show.artwork_key, data, content_type="image/jpeg")
    session.commit()
    return filled


def back_up(services: Services, folder: Path, now: datetime, *, verify: bool = False) -> Made:
    place = FolderPlace(folder)
    return make_backup(services, place, with_keys=False, now=now, progress=quiet, verify=verify)


@pytest.mark.parametrize("pattern", ["*.mp3", "artwork-*.jpg"])
@pytest.mark.parametrize("damage", [flip_a_byte, Path.unlink], ids=["one bit", "gone"])
def test_each_broken_file_is_named_on_restore_and_the_rest_is_there(
    with_artwork: Services,
    fresh: Fresh,
    tmp_path: Path,
    now: datetime,
    damage: Damage,
    pattern: str,
) -> None:
    made = back_up(with_artwork, tmp_path / "b", now)
    victim = objects_in(tmp_path / "b", pattern)[0]
    damage(victim)
    key = victim.relative_to(tmp_path / "b" / "objects").as_posix()
    other = fresh()
    with pytest.raises(BackupError, match=key):
        restore_backup(other, FolderPlace(tmp_path / "b"), made.name, progress=quiet)
    with other.sessions() as session:
        mentioned = mentioned_objects(session)
    there = {stat.key for stat in other.storage.list("")}
    assert there == mentioned - {key}
    assert len(there) == 3


def test_what_is_damaged_can_be_accepted(
    with_artwork: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    made = back_up(with_artwork, tmp_path / "b", now)
    first, second = objects_in(tmp_path / "b", "*.mp3")[:2]
    flip_a_byte(first)
    second.unlink()
    other = fresh()
    done = restore_backup(
        other, FolderPlace(tmp_path / "b"), made.name, progress=quiet, accept=True
    )
    assert (len(done.damaged), len(done.missing)) == (1, 1)
    with other.storage.open(done.damaged[0]) as reader:
        assert reader.read() == first.read_bytes()


def test_a_damaged_database_is_noticed_before_anything_is_restored(
    filled: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    made = back_up(filled, tmp_path / "b", now)
    flip_a_byte(tmp_path / "b" / made.name / "database.sqlite3")
    other = fresh()
    with pytest.raises(BackupError, match="older backup"):
        restore_backup(other, FolderPlace(tmp_path / "b"), made.name, progress=quiet)
    assert schema_versions(other.engine)[0] is None


def test_a_damaged_file_in_a_backup_is_replaced_by_one_that_verifies(
    with_artwork: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    back_up(with_artwork, tmp_path / "b", now)
    for pattern in ("*.mp3", "*.jpg"):
        flip_a_byte(objects_in(tmp_path / "b", pattern)[0])
    hour = timedelta(hours=1)
    assert back_up(with_artwork, tmp_path / "b", now + hour).copied.copied == 0
    verified = back_up(with_artwork, tmp_path / "b", now + 2 * hour, verify=True)
    assert len(verified.copied.replaced) == verified.copied.copied == 2
    restore_backup(fresh(), FolderPlace(tmp_path / "b"), verified.name, progress=quiet)


def test_a_whole_file_in_a_backup_is_never_replaced_by_a_damaged_one(
    filled: Services, session: Session, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    first = back_up(filled, tmp_path / "b", now)
    key = session.scalars(select(Audio.object_key)).first()
    assert key is not None
    put_bytes(filled.storage, key, b"other", content_type="audio/mpeg")
    later = back_up(filled, tmp_path / "b", now + timedelta(hours=1), verify=True)
    assert later.copied.copied == 0
    restore_backup(fresh(), FolderPlace(tmp_path / "b"), first.name, progress=quiet)


def test_what_was_damaged_in_the_storage_is_copied_again_once_it_is_whole(
    filled: Services, session: Session, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    audio = session.scalars(select(Audio)).first()
    assert audio is not None
    with filled.storage.open(audio.object_key) as reader:
        whole = reader.read()
    put_bytes(filled.storage, audio.object_key, b"other", content_type="audio/mpeg")
    first = back_up(filled, tmp_path / "b", now)
    assert first.copied.damaged == (audio.object_key,)
    put_bytes(filled.storage, audio.object_key, whole, content_type="audio/mpeg")
    second = back_up(filled, tmp_path / "b", now + timedelta(hours=1))
    assert (second.copied.damaged, second.copied.replaced) == ((), (audio.object_key,))
    restore_backup(fresh(), FolderPlace(tmp_path / "b"), second.name, progress=quiet)


def test_a_backup_of_an_earlier_version_without_checksums_is_restored_and_goes_on(
    filled: Services, fresh: Fresh, tmp_path: Path, now: datetime
) -> None:
    made = back_up(filled, tmp_path / "b", now)
    path = tmp_path / "b" / made.name / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in ("sums", "damaged", "verified"):
        del manifest[name]
    path.write_text(json.dumps(manifest))
    restore_backup(fresh(), FolderPlace(tmp_path / "b"), made.name, progress=quiet)
    flip_a_byte(objects_in(tmp_path / "b", "*.mp3")[0])
    later = back_up(filled, tmp_path / "b", now + timedelta(hours=1), verify=True)
    assert len(later.copied.replaced) == 1
