"""Copy every stored file into another storage: resumable, and verified by checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from episodes.storage.base import ObjectMissing, Storage
from podcast_server.moving.errors import MoveError

CHUNK = 1024 * 1024
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MovedFiles:
    """A finished and verified copy. ``bytes`` were copied by this run."""

    files: int
    copied: int
    bytes: int
    missing: tuple[str, ...]


def move_files(
    source: Storage, target: Storage, keys: Iterable[str], progress: Progress
) -> MovedFiles:
    """Bring all ``keys`` into ``target``; what is there and whole is not copied again.

    Every file is read back and compared by SHA-256. Raises MoveError, StorageError.
    """
    files, copied, size, missing = 0, 0, 0, []
    for key in keys:
        try:
            found = _move_one(source, target, key)
        except ObjectMissing:
            missing.append(key)
            continue
        files += 1
        copied += found is not None
        size += found or 0
        progress(key)
    return MovedFiles(files, copied, size, tuple(missing))


def _move_one(source: Storage, target: Storage, key: str) -> int | None:
    """The bytes copied, or None where the same file was there already."""
    wanted = _checksum(source, key)
    there = target.stat(key)
    if there is not None and _checksum(target, key) == wanted:
        return None
    with source.open(key) as reader:
        size = reader.size
        # The type is told with every answer; objects need none of their own.
        target.put(key, reader, content_type="application/octet-stream", size=size)
    if _checksum(target, key) != wanted:
        raise MoveError(f"“{key}” came back different from the other storage: run it again")
    return size


def _checksum(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    with storage.open(key) as reader:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
