"""Make and restore backups.

    BACKUPS/objects/…               every stored file, shared by all backups
    BACKUPS/2026-11-23T09-45-00Z/   one backup: database, manifest, signing keys if asked

The database is copied first, at one moment; the files it mentions never change, so copying
them afterwards gives a consistent whole however long it takes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from podcast_server.backup.database import dump_database, load_database
from podcast_server.backup.errors import BackupError
from podcast_server.backup.objects import Copied, copy_in, copy_out, objects_of, sizes_of
from podcast_server.database import schema_versions
from podcast_server.services import Services

MANIFEST = "manifest.json"
KEYS = "signing-keys.json"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    folder: Path
    objects: int
    copied: Copied


def make_backup(
    services: Services, backups: Path, *, with_keys: bool, now: datetime, progress: Progress
) -> Made:
    """Add one backup to the folder ``backups``. Raises BackupError, StorageError.

    Without ``with_keys`` the signing keys stay out: who finds the backup cannot make feed
    addresses from it, and whoever restores it needs the key file from elsewhere.
    """
    folder = backups / now.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    unfinished = folder.with_suffix(".unfinished")
    try:
        unfinished.mkdir(parents=True)
    except OSError as error:
        raise BackupError(f"{unfinished} cannot be made: {error.strerror}") from error
    snapshot = dump_database(services.engine, unfinished)
    keys = _objects_in(services, snapshot)
    copied = copy_out(services.storage, keys, backups / "objects", progress)
    if with_keys:
        shutil.copyfile(services.settings.keys_file, unfinished / KEYS)
        (unfinished / KEYS).chmod(0o600)
    manifest = {
        "made": now.astimezone(UTC).isoformat(),
        "schema": schema_versions(services.engine)[0],
        "database": snapshot.name,
        "objects": keys,
        "missing": list(copied.missing),
        "with_keys": with_keys,
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    # The name without "unfinished" says that everything is there.
    unfinished.rename(folder)
    return Made(folder, len(keys), copied)


def _objects_in(services: Services, snapshot: Path) -> list[str]:
    if snapshot.suffix != ".sqlite3":
        return objects_of(services.engine)
    copy = create_engine(f"sqlite:///{snapshot}")
    try:
        return objects_of(copy)
    finally:
        copy.dispose()


def list_backups(backups: Path) -> list[Path]:
    """Finished backups, oldest first."""
    return sorted(path.parent for path in backups.glob(f"*Z/{MANIFEST}"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a backup says of itself. Raises BackupError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} is not a finished backup") from error
    return manifest


def restore_keys(folder: Path, keys_file: Path) -> None:
    """Put the signing keys back if the backup has them and none are there.

    Raises BackupError when there are none at all.
    """
    if keys_file.exists():
        return
    source = folder / KEYS
    if not source.exists():
        raise BackupError(
            f"the backup was made without signing keys: put the key file at {keys_file} first, "
            "or every member needs a new address"
        )
    keys_file.parent.mkdir(parents=True, exist_ok=True)
    keys_file.touch(mode=0o600)
    keys_file.write_bytes(source.read_bytes())


def restore_backup(services: Services, folder: Path, *, progress: Progress) -> Copied:
    """Fill an empty installation from a backup, and check that every file is whole.

    Raises BackupError, also when the database is not empty.
    """
    manifest = read_manifest(folder)
    if schema_versions(services.engine)[0] is not None:
        raise BackupError("the database is not empty: restore into a fresh installation")
    services.engine.dispose()
    load_database(services.engine, folder)
    copied = copy_in(services.storage, manifest["objects"], folder.parent / "objects", progress)
    wrong = [
        key
        for key, size in sizes_of(services.engine).items()
        if (found := services.storage.stat(key)) is None or found.size != size
    ]
    if wrong:
        raise BackupError(f"{len(wrong)} audio files are missing or damaged, first: {wrong[0]}")
    return copied
