"""Plain tar (POSIX ustar), written as it streams and read strictly.

The reader takes regular files with harmless names and nothing else: no links, devices, sparse
files or extensions, so nothing in an archive can lead out of it or grow.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from podcast_server.moving.errors import ArchiveError

BLOCK = 512
END = bytes(2 * BLOCK)
MAX_ENTRIES = 2_000_000
_MAX_NAME = 255
_PART = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,126}"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file's bytes lie in a tar."""

    offset: int
    size: int


def check_name(name: str) -> str:
    """A path inside an archive: no "..", no root, nothing hidden. Raises ArchiveError."""
    if len(name) > _MAX_NAME or ".." in name or not _NAME.fullmatch(name):
        raise ArchiveError(f"{name[:80]!r} is no name for a file in an archive")
    return name


def header(name: str, size: int, mtime: int) -> bytes:
    """What stands before a file. Raises ArchiveError for 8 GiB and more."""
    info = tarfile.TarInfo(check_name(name))
    info.size, info.mtime, info.mode = size, mtime, 0o600
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
    except ValueError as error:
        raise ArchiveError(f"{name} cannot be in a tar: {error}") from error


def padding(size: int) -> bytes:
    """What stands after a file of so many bytes."""
    return bytes(-size % BLOCK)


def index(file: BinaryIO) -> dict[str, Place]:
    """Where each file of a tar lies, by reading headers alone. Raises ArchiveError."""
    length = file.seek(0, 2)
    found: dict[str, Place] = {}
    for name, place in _entries(file, length):
        if name in found:
            raise ArchiveError(f"{name} is in the archive twice")
        if len(found) == MAX_ENTRIES:
            raise ArchiveError(f"more than {MAX_ENTRIES} files are too many")
        found[name] = place
    return found


def _entries(file: BinaryIO, length: int) -> Iterator[tuple[str, Place]]:
    offset = 0
    while True:
        file.seek(offset)
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise ArchiveError("the archive is cut off: it has no end")
        if not any(block):
            return
        name, size = _read_header(block)
        offset += BLOCK
        if offset + size > length:
            raise ArchiveError(f"the archive is cut off within {name}")
        yield name, Place(offset, size)
        offset += size + len(padding(size))


def _read_header(block: bytes) -> tuple[str, int]:
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
        raise ArchiveError(f"this is not a tar archive ({error})") from error
    if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
        raise ArchiveError(f"{info.name[:80]!r} is not a regular file: this is no archive of ours")
    if info.size < 0:
        raise ArchiveError(f"{info.name[:80]!r} has no size")
    return check_name(info.name), info.size
