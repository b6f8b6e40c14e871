"""What there is to say of the backups in a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from podcast_server.backup.backup import list_backups, read_manifest
from podcast_server.backup.objects import object_name
from podcast_server.backup.places import Place


@dataclass(frozen=True, slots=True)
class Told:
    """One backup. ``added`` is the bytes that came with it (None: it does not say), ``verified``
    when all files there were last read, as of this backup."""

    name: str
    made: datetime
    files: int
    added: int | None
    verified: datetime | None
    missing: int
    damaged: int
    encrypted: bool


def tell_newest(place: Place, most: int) -> list[Told]:
    """The newest backups, newest first. Raises BackupError, StorageError."""
    names = list_backups(place)[::-1][:most]
    return [_told(name, read_manifest(place, name)) for name in names]


def _told(name: str, manifest: dict[str, Any]) -> Told:
    verified = manifest.get("verified", "")
    return Told(
        name=name,
        made=datetime.fromisoformat(manifest["made"]).astimezone(UTC),
        files=len(manifest["objects"]),
        added=manifest.get("added"),
        verified=datetime.fromisoformat(verified).astimezone(UTC) if verified else None,
        missing=len(manifest.get("missing", ())),
        damaged=len(manifest.get("damaged", ())),
        encrypted=bool(manifest.get("encrypted")),
    )


def files_of(place: Place, name: str) -> list[str]:
    """The names of all files that a backup is made of, what it shares with others first.

    Files that were missing when it was made are named, too. Raises BackupError, StorageError.
    """
    manifest = read_manifest(place, name)
    sealed = bool(manifest.get("encrypted"))
    shared = [object_name(key, sealed=sealed) for key in manifest["objects"]]
    return [*shared, *sorted(place.names(name))]
