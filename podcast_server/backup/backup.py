"""Make and restore backups.

    BACKUPS/objects/…               every stored file, shared by all backups
    BACKUPS/2026-11-23T09-45-00Z/   one backup: database, manifest, signing keys if asked

The database is copied first, at one moment; the files it mentions never change, so copying
them afterwards gives a consistent whole however long it takes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from podcast_server.backup.database import dump_database, load_database
from podcast_server.backup.errors import BackupError
from podcast_server.backup.objects import Copied, copy_in, copy_out, objects_of, sizes_of
from podcast_server.backup.seal import SUFFIX, Copy, open_file, opening, plainly, sealing
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
    services: Services,
    backups: Path,
    *,
    with_keys: bool,
    now: datetime,
    progress: Progress,
    recipient: str = "",
) -> Made:
    """Add one backup to the folder ``backups``. Raises BackupError, StorageError.

    Without ``with_keys`` the signing keys stay out: who finds the backup cannot make feed
    addresses from it, and whoever restores it needs the key file from elsewhere. With
    ``recipient`` (age) database, keys and files are encrypted; names and times are not.
    """
    seal = sealing(recipient) if recipient else None
    folder = backups / now.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    unfinished = folder.with_suffix(".unfinished")
    try:
        unfinished.mkdir(parents=True)
    except OSError as error:
        raise BackupError(f"{unfinished} cannot be made: {error.strerror}") from error
    with tempfile.TemporaryDirectory(dir=_own_folder(services)) as private:
        snapshot = dump_database(services.engine, Path(private))
        keys = _objects_in(services, snapshot)
        copied = copy_out(services.storage, keys, backups / "objects", progress, seal)
        _place(snapshot, unfinished, seal)
    if with_keys:
        _place(services.settings.keys_file, unfinished, seal)
    manifest = {
        "made": now.astimezone(UTC).isoformat(),
        "schema": schema_versions(services.engine)[0],
        "database": snapshot.name,
        "objects": keys,
        "missing": list(copied.missing),
        "with_keys": with_keys,
        "encrypted": bool(recipient),
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    # The name without "unfinished" says that everything is there.
    unfinished.rename(folder)
    return Made(folder, len(keys), copied)


def _own_folder(services: Services) -> Path:
    """Where a snapshot is safe while it is not yet encrypted: beside the database itself."""
    services.settings.data.mkdir(parents=True, exist_ok=True)
    return services.settings.data


def _place(source: Path, folder: Path, seal: Copy | None) -> None:
    target = folder / (source.name if seal is None else source.name + SUFFIX)
    target.touch(mode=0o600)
    with source.open("rb") as read, target.open("wb") as write:
        (seal or plainly)(read, write)
        write.flush()
        os.fsync(write.fileno())


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


def restore_keys(folder: Path, keys_file: Path, identity: Path | None = None) -> None:
    """Put the signing keys back if the backup has them and none are there.

    Raises BackupError when there are none at all.
    """
    if keys_file.exists():
        return
    source = folder / KEYS
    sealed = source.with_name(KEYS + SUFFIX)
    if sealed.exists():
        keys_file.parent.mkdir(parents=True, exist_ok=True)
        open_file(sealed, keys_file, opening(_needed(identity)))
        return
    if not source.exists():
        raise BackupError(
            f"the backup was made without signing keys: put the key file at {keys_file} first, "
            "or every member needs a new address"
        )
    keys_file.parent.mkdir(parents=True, exist_ok=True)
    keys_file.touch(mode=0o600)
    keys_file.write_bytes(source.read_bytes())


def _needed(identity: Path | None) -> Path:
    if identity is None:
        raise BackupError("the backup is encrypted: name the file of your identity (--identity)")
    return identity


def restore_backup(
    services: Services, folder: Path, *, progress: Progress, identity: Path | None = None
) -> Copied:
    """Fill an empty installation from a backup, and check that every file is whole.

    Raises BackupError, also when the database is not empty.
    """
    manifest = read_manifest(folder)
    if schema_versions(services.engine)[0] is not None:
        raise BackupError("the database is not empty: restore into a fresh installation")
    services.engine.dispose()
    unseal = opening(_needed(identity)) if manifest.get("encrypted") else None
    with tempfile.TemporaryDirectory(dir=_own_folder(services)) as private:
        if unseal is not None:
            name = manifest["database"]
            open_file(folder / (name + SUFFIX), Path(private, name), unseal)
        load_database(services.engine, folder if unseal is None else Path(private))
    objects = folder.parent / "objects"
    copied = copy_in(services.storage, manifest["objects"], objects, progress, unseal)
    wrong = [
        key
        for key, size in sizes_of(services.engine).items()
        if (found := services.storage.stat(key)) is None or found.size != size
    ]
    if wrong:
        raise BackupError(f"{len(wrong)} audio files are missing or damaged, first: {wrong[0]}")
    return copied
