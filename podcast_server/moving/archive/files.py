"""Bring an archive's audio and pictures into the storage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from episodes.storage.base import Readable, Storage
from podcast_server.moving.archive.manifest import Manifest
from podcast_server.moving.archive.source import Source
from podcast_server.moving.errors import ArchiveError

CHUNK = 1024 * 1024
Progress = Callable[[str], None]


@dataclass(slots=True)
class Brought:
    """What one run put into the storage: objects, and their bytes."""

    objects: list[str] = field(default_factory=list)
    bytes: int = 0


class _Summing:
    """Reads on, and knows the SHA-256 of what was read."""

    def __init__(self, content: Readable) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._content.read(size)
        self.digest.update(data)
        return data


def bring_files(
    source: Source,
    storage: Storage,
    manifest: Manifest,
    files: Mapping[str, str],
    brought: Brought,
    progress: Progress,
) -> None:
    """Put ``files`` (path → object) into the storage; what is there and the same stays.

    Raises ArchiveError where another object has that name, or the archive changed meanwhile.
    """
    for path, key in files.items():
        wanted = manifest.files.get(path)
        if wanted is None:
            if path not in manifest.missing:
                raise ArchiveError(f"{path} is missing in the archive")
        elif storage.stat(key) is None:
            with source.open(path) as content:
                reader = _Summing(content)
                storage.put(key, reader, content_type="application/octet-stream", size=wanted.bytes)
            brought.objects.append(key)
            brought.bytes += wanted.bytes
            if reader.digest.hexdigest() != wanted.sha256:
                raise ArchiveError(f"{path} changed while it was read")
        elif _checksum(storage, key) != wanted.sha256:
            raise ArchiveError(f"the storage holds another file as {key}: use an empty storage")
        progress(path)


def _checksum(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    with storage.open(key) as reader:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
