"""Fill a fresh installation from a backup, and say what is not whole in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from podcast_server.backup.backup import KEYS, Progress, own_folder, read_manifest
from podcast_server.backup.database import load_database
from podcast_server.backup.errors import BackupError
from podcast_server.backup.objects import Copied, content_sums, copy_in, is_file_whole
from podcast_server.backup.places import Place
from podcast_server.backup.seal import SUFFIX, open_file, opening, plainly
from podcast_server.database import schema_versions
from podcast_server.services import Services


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
    accept: bool = False,
) -> Copied:
    """Fill an empty installation from a backup, and check that every file is whole.

    Raises BackupError, also when the database is not empty; and, once all the rest is restored,
    when files are missing or damaged. With ``accept`` those are restored as they are.
    """
    manifest = read_manifest(place, name)
    if schema_versions(services.engine)[0] is not None:
        raise BackupError("the database is not empty: restore into a fresh installation")
    services.engine.dispose()
    unseal = opening(_needed(identity)) if manifest.get("encrypted") else None
    with tempfile.TemporaryDirectory(dir=own_folder(services)) as private:
        snapshot = Path(private, Path(manifest["database"]).name)
        source = snapshot.name + (SUFFIX if unseal else "")
        if not is_file_whole(place, f"{name}/{source}", manifest.get("sums", {}).get(source, "")):
            raise BackupError(
                f"{name}/{source} in {place} is missing or damaged: choose an older backup there"
            )
        with place.reading(f"{name}/{source}") as path:
            open_file(path, snapshot, unseal or plainly)
        load_database(services.engine, Path(private))
    keys = manifest["objects"]
    content = content_sums(services.engine, keys)
    copied = copy_in(services.storage, keys, place, progress, content, unseal, accept=accept)
    if not accept and (copied.missing or copied.damaged):
        raise BackupError(_what_is_wrong(place, copied))
    return copied


def _what_is_wrong(place: Place, copied: Copied) -> str:
    lines = [f"the backup in {place} is not whole. All but these files is restored:"]
    for said, keys in (("damaged", copied.damaged), ("missing", copied.missing)):
        lines += [f"  {said}: {key}" for key in keys[:20]]
        if len(keys) > 20:
            lines.append(f"  … and {len(keys) - 20} more {said}")
    lines.append(
        "With another backup of the same files in [backup] folder, `podcast-server doctor "
        "--deep --repair` brings them back. To take damaged files as they are, empty the "
        "installation and restore with --accept-damage."
    )
    return "\n".join(lines)
