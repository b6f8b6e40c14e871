"""Is the archive whole? Asked before anything is taken from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from podcast_server.moving.archive.layout import MANIFEST
from podcast_server.moving.archive.manifest import Manifest, Sum, read_manifest
from podcast_server.moving.archive.source import Source
from podcast_server.moving.errors import ArchiveError

MAX_MANIFEST = 64 * 1024 * 1024  # bytes
CHUNK = 1024 * 1024
Progress = Callable[[str], None]


def verify(source: Source, progress: Progress) -> Manifest:
    """Compare every file with the manifest. Raises ArchiveError at the first that differs."""
    sizes = dict(source.sizes())
    size = sizes.pop(MANIFEST, None)
    if size is None:
        raise ArchiveError("this is no archive of ours, or it is cut off: it has no manifest")
    if size > MAX_MANIFEST:
        raise ArchiveError("the manifest is too large")
    with source.open(MANIFEST) as file:
        manifest = read_manifest(file.read(size))
    for path in sorted(manifest.files.keys() ^ sizes.keys()):
        known = "is missing" if path in manifest.files else "is not in the manifest"
        raise ArchiveError(f"{path} {known}: the archive is not as it was made")
    for path, wanted in manifest.files.items():
        if sizes[path] != wanted.bytes or _sum(source, path) != wanted:
            raise ArchiveError(f"{path} is damaged or was changed")
        progress(path)
    return manifest


def _sum(source: Source, path: str) -> Sum:
    digest, size = hashlib.sha256(), 0
    with source.open(path) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Sum(size, digest.hexdigest())
