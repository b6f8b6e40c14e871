"""Make and restore backups.

    PLACE/objects/…               every stored file, shared by all backups
    PLACE/2026-11-23T09-45-00Z/   one backup: database, signing keys if asked, manifest

The database is copied first, at one moment; the files it mentions never change, so copying
them afterwards gives a consistent whole however long it takes. The manifest comes last: a
backup without one is still being made, or was cut off.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from episodes.storage.base import StorageError
from podcast_server.backup.database import dump_database, load_database
from podcast_server.backup.errors import BackupError
from podcast_server.backup.objects import Copied, copy_in, copy_out, objects_of, sizes_of
from podcast_server.backup.places import Place
from podcast_server.backup.seal import SUFFIX, Copy, open_file, opening, plainly, sealing
from podcast_server.database import schema_versions
from podcast_server.services import Services

MANIFEST = "manifest.json"
KEYS = "signing-keys.json"
NAME = "%Y-%m-%dT%H-%M-%SZ"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its name in its place, and what it holds. ``size`` in bytes."""

    name: str
    objects: int
    copied: Copied
    size: int


def make_backup(
    services: Services,
    place: Place,
    *,
    with_keys: bool,
    now: datetime,
    progress: Progress,
    recipient: str = "",
) -> Made:
    """Add one backup to a place. Raises BackupError, StorageError.

    Without ``with_keys`` the signing keys stay out: who finds the backup cannot make feed
    addresses from it, and whoever restores it needs the key file from elsewhere. With
    ``recipient`` (age) database, keys and files are encrypted; names and times are not.
    """
    seal = sealing(recipient) if recipient else None
    name = now.astimezone(UTC).strftime(NAME)
    if name in place.folders():
        raise BackupError(f"{place} has a backup {name} already: try again in a second")
    with _whole_or_gone(place, name):
        with tempfile.TemporaryDirectory(dir=_own_folder(services)) as private:
            snapshot = dump_database(services.engine, Path(private))
            # Placed before any file is looked for: from now on nobody tidies files away.
            size = _place(snapshot, place, name, seal)
            keys = _objects_in(services, snapshot)
            copied = copy_out(services.storage, keys, place, progress, seal)
        if with_keys:
            _place(services.settings.keys_file, place, name, seal)
    manifest = {
        "made": now.astimezone(UTC).isoformat(),
        "schema": schema_versions(services.engine)[0],
        "database": snapshot.name,
        "objects": keys,
        "missing": list(copied.missing),
        "with_keys": with_keys,
        "encrypted": bool(recipient),
    }
    with place.writing(f"{name}/{MANIFEST}") as file:
        file.write(json.dumps(manifest, indent=1).encode())
    return Made(name, len(keys), copied, size + copied.bytes)


@contextmanager
def _whole_or_gone(place: Place, name: str) -> Iterator[None]:
    """Leave nothing of a backup that fails: on a full disk each try would fill it more."""
    try:
        yield
    except Exception as error:
        with suppress(OSError, StorageError):
            for each in place.names(name):
                place.remove(each)
        if isinstance(error, OSError | sqlite3.Error):
            raise BackupError(f"the backup cannot be finished: {error}") from error
        raise


def _own_folder(services: Services) -> Path:
    """Where a snapshot is safe while it is not yet encrypted: beside the database itself."""
    services.settings.data.mkdir(parents=True, exist_ok=True)
    return services.settings.data


def _place(source: Path, place: Place, backup: str, seal: Copy | None) -> int:
    """Add one file to a backup; its bytes there."""
    name = source.name if seal is None else source.name + SUFFIX
    with source.open("rb") as read, place.writing(f"{backup}/{name}") as write:
        (seal or plainly)(read, write)
        return write.tell()


def _objects_in(services: Services, snapshot: Path) -> list[str]:
    if snapshot.suffix != ".sqlite3":
        return objects_of(services.engine)
    copy = create_engine(f"sqlite:///{snapshot}")
    try:
        return objects_of(copy)
    finally:
        copy.dispose()


def list_backups(place: Place) -> list[str]:
    """The names of finished backups, oldest first."""
    return [name for name in sorted(place.folders()) if _is_finished(place, name)]


def newest_name(place: Place) -> str | None:
    """The newest finished backup, or None."""
    newest_first = sorted(place.folders(), reverse=True)
    return next((name for name in newest_first if _is_finished(place, name)), None)


def _is_finished(place: Place, name: str) -> bool:
    return name.endswith("Z") and place.has(f"{name}/{MANIFEST}")


def read_manifest(place: Place, name: str) -> dict[str, Any]:
    """What a backup says of itself. Raises BackupError."""
    try:
        with place.reading(f"{name}/{MANIFEST}") as path:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, BackupError) as error:
        raise BackupError(f"{name} in {place} is not a finished backup") from error
    return manifest


def restore_keys(place: Place, name: str, keys_file: Path, identity: Path | None = None) -> None:
    """Put the signing keys back if the backup has them and none are there.

    Raises BackupError when there are none at all.
    """
    if keys_file.exists():
        return
    source = f"{name}/{KEYS}"
    if place.has(source + SUFFIX):
        unseal = opening(_needed(identity))
        with place.reading(source + SUFFIX) as path:
            keys_file.parent.mkdir(parents=True, exist_ok=True)
            open_file(path, keys_file, unseal)
        return
    if not place.has(source):
        raise BackupError(
            f"the backup was made without signing keys: put the key file at {keys_file} first, "
            "or every member needs a new address"
        )
    with place.reading(source) as path:
        keys_file.parent.mkdir(parents=True, exist_ok=True)
        open_file(path, keys_file, plainly)


def _needed(identity: Path | None) -> Path:
    if identity is None:
        raise BackupError("the backup is encrypted: name the file of your identity (--identity)")
    return identity


def restore_backup(
    services: Services,
    place: Place,
    name: str,
    *,
    progress: Progress,
    identity: Path | None = None,
) -> Copied:
    """Fill an empty installation from a backup, and check that every file is whole.

    Raises BackupError, also when the database is not empty.
    """
    manifest = read_manifest(place, name)
    if schema_versions(services.engine)[0] is not None:
        raise BackupError("the database is not empty: restore into a fresh installation")
    services.engine.dispose()
    unseal = opening(_needed(identity)) if manifest.get("encrypted") else None
    with tempfile.TemporaryDirectory(dir=_own_folder(services)) as private:
        snapshot = Path(private, Path(manifest["database"]).name)
        sealed = SUFFIX if unseal else ""
        with place.reading(f"{name}/{snapshot.name}{sealed}") as path:
            open_file(path, snapshot, unseal or plainly)
        load_database(services.engine, Path(private))
    copied = copy_in(services.storage, manifest["objects"], place, progress, unseal)
    wrong = [
        key
        for key, size in sizes_of(services.engine).items()
        if (found := services.storage.stat(key)) is None or found.size != size
    ]
    if wrong:
        raise BackupError(f"{len(wrong)} audio files are missing or damaged, first: {wrong[0]}")
    return copied
