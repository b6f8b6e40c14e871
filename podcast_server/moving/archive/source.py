"""An archive to read from: a tar file, or a folder it was unpacked into."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from podcast_server.moving.archive.tar import Place, check_name, index
from podcast_server.moving.errors import ArchiveError


class Source(Protocol):
    """Files by their paths in the archive."""

    def sizes(self) -> Mapping[str, int]:
        """Every file with its size in bytes."""
        ...

    def open(self, path: str) -> BinaryIO:
        """One of the files, from its beginning."""
        ...


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """The archive at ``path``. Raises ArchiveError for what is none."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        yield _Tar(file)


class _Tar:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places = index(file)
        self._sizes = {name: place.size for name, place in self._places.items()}

    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Window(self._file, self._places[path])))


class _Window(io.RawIOBase):
    """The bytes of one file within a tar."""

    def __init__(self, file: BinaryIO, place: Place) -> None:
        self._file = file
        self._at, self._end = place.offset, place.offset + place.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        self._file.seek(self._at)
        data = self._file.read(min(len(view), self._end - self._at))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = dict(_walk(folder, ""))

    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def open(self, path: str) -> BinaryIO:
        # Not through a link that took the file's place since it was looked at.
        handle = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW)
        return os.fdopen(handle, "rb")


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = check_name(prefix + entry.name)
            about = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode):
                yield from _walk(Path(entry.path), name + "/")
            elif stat.S_ISREG(about.st_mode):
                yield name, about.st_size
            else:
                raise ArchiveError(f"{name} is not a regular file: this is no archive of ours")
