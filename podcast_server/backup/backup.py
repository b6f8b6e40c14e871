"""Make backups, and find them again.

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
from typing import Any, BinaryIO, cast

from sqlalchemy import create_engine

from episodes.storage.base import StorageError
from episodes.whole import Sums
from podcast_server.backup.database import dump_database
from podcast_server.backup.errors import BackupError
from podcast_server.backup.objects import (
    OBJECTS,
    Copied,
    Known,
    SummedWriting,
    content_sums,
    copy_out,
    object_name,
    objects_of,
)
from podcast_server.backup.places import Place
from podcast_server.backup.seal import SUFFIX, Copy, plainly, sealing
from podcast_server.database import schema_versions
from podcast_server.private import make_private_folder
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
    verify: bool = False,
) -> Made:
    """Add one backup to a place. Raises BackupError, StorageError.

    With ``verify`` every file that is there already is read, and replaced where it is damaged.

    Without ``with_keys`` the signing keys stay out: who finds the backup cannot make feed
    addresses from it, and whoever restores it needs the key file from elsewhere. With
    ``recipient`` (age) database, keys and files are encrypted; names and times are not.
    """
    seal = sealing(recipient) if recipient else None
    name = now.astimezone(UTC).strftime(NAME)
    if name in place.folders():
        raise BackupError(f"{place} has a backup {name} already: try again in a second")
    before = _newest_manifest(place)
    sums: Sums = {}
    with _whole_or_gone(place, name):
        with tempfile.TemporaryDirectory(dir=own_folder(services)) as private:
            snapshot = dump_database(services.engine, Path(private))
            # Placed before any file is looked for: from now on nobody tidies files away.
            size = _place(snapshot, place, name, seal, sums)
            keys = _objects_in(services, snapshot)
            known = _known(services, keys, before, sealed=seal is not None, verify=verify)
            copied = copy_out(services.storage, keys, place, progress, known, seal)
        if with_keys:
            _place(services.settings.keys_file, place, name, seal, sums)
    manifest = {
        "made": _time(now),
        "schema": schema_versions(services.engine)[0],
        "database": snapshot.name,
        "objects": keys,
        "missing": list(copied.missing),
        "damaged": list(copied.damaged),
        # The first one copies all, which is as good as reading it again.
        "verified": _time(now) if verify or not before else before.get("verified", ""),
        "sums": sums | copied.sums,
        "with_keys": with_keys,
        "encrypted": bool(recipient),
        "added": size + copied.bytes,
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


def own_folder(services: Services) -> Path:
    """Where a snapshot is safe while it is not yet encrypted: beside the database itself."""
    make_private_folder(services.settings.data)
    return services.settings.data


def _time(now: datetime) -> str:
    return now.astimezone(UTC).isoformat()


def _newest_manifest(place: Place) -> dict[str, Any]:
    newest = newest_name(place)
    return {} if newest is None else read_manifest(place, newest)


def _known(
    services: Services, keys: list[str], before: dict[str, Any], *, sealed: bool, verify: bool
) -> Known:
    """What the newest backup and the database say of the files that are to be in this one."""
    suspects = frozenset(object_name(key, sealed=sealed) for key in before.get("damaged", ()))
    sums = {n: s for n, s in before.get("sums", {}).items() if n.startswith(f"{OBJECTS}/")}
    return Known(content_sums(services.engine, keys), sums, suspects, verify)


def _place(source: Path, place: Place, backup: str, seal: Copy | None, sums: Sums) -> int:
    """Add one file to a backup, and its checksum to ``sums``; its bytes there."""
    name = source.name if seal is None else source.name + SUFFIX
    with source.open("rb") as read, place.writing(f"{backup}/{name}") as write:
        written = SummedWriting(write)
        (seal or plainly)(read, cast("BinaryIO", written))
        sums[name] = written.sha256
        return write.tell()


def _objects_in(services: Services, snapshot: Path) -> list[str]:
    if snapshot.suffix != ".sqlite3":
        return objects_of(services.engine, services.storage)
    copy = create_engine(f"sqlite:///{snapshot}")
    try:
        return objects_of(copy, services.storage)
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
