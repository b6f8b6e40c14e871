"""Write an archive: as a stream of tar, or as a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from episodes.storage.base import ObjectMissing, Readable
from feeds.downloads.parcels import take_in_parcels
from podcast_server.moving.archive.gather import Gathered, gather
from podcast_server.moving.archive.layout import KEYS, MANIFEST
from podcast_server.moving.archive.manifest import Manifest, Sum
from podcast_server.moving.archive.tar import END, header, padding
from podcast_server.moving.errors import ArchiveError
from podcast_server.private import make_private_folder
from podcast_server.services import Services

CHUNK = 256 * 1024
_ABANDONED = timedelta(days=3)  # no download takes so long
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes along besides everything else.

    ``feeds_at`` is where the archive will be on the web, for the addresses in feed.xml.
    """

    keys: bool = False
    hits: bool = False
    feeds_at: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    content: Readable


class Export:
    """One archive in the making. ``manifest`` is complete once it was written."""

    def __init__(
        self, services: Services, wanted: Wanted, now: datetime, progress: Progress = lambda _: None
    ) -> None:
        self._services = services
        self._wanted = wanted
        self._progress = progress
        self.manifest = Manifest(
            made=now,
            server=services.settings.site.public_url,
            with_keys=wanted.keys,
            with_hits=wanted.hits,
        )

    def stream(self) -> Iterator[bytes]:
        """The archive as tar, in pieces. Raises ArchiveError, StorageError while under way."""
        mtime = int(self.manifest.made.timestamp())
        with self._gathered() as gathered:
            for file in self._files(gathered):
                yield header(file.path, file.size, mtime)
                yield from self._summed(file)
                yield padding(file.size)
        last = self.manifest.to_bytes()
        yield header(MANIFEST, len(last), mtime) + last + padding(len(last)) + END

    def write_folder(self, folder: Path) -> None:
        """The archive as files below a new folder. Raises ArchiveError, StorageError."""
        unfinished = folder.with_name(f".{folder.name}.unfinished")
        if folder.exists():
            raise ArchiveError(f"{folder} is there already: name a new folder")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was cut off
        try:
            unfinished.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise ArchiveError(f"{unfinished} cannot be made: {error.strerror}") from error
        with self._gathered() as gathered:
            for file in self._files(gathered):
                target = unfinished / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as written:
                    written.writelines(self._summed(file))
        (unfinished / MANIFEST).write_bytes(self.manifest.to_bytes())
        unfinished.rename(folder)

    @contextmanager
    def _gathered(self) -> Iterator[Gathered]:
        # Beside the database, where its content is as safe as there.
        data = self._services.settings.data
        make_private_folder(data)
        _sweep(data, self.manifest.made)
        take_in_parcels(self._services.sessions, self._services.classify)
        with tempfile.TemporaryDirectory(dir=data, prefix=".archive-") as private:
            gathered = gather(
                self._services.engine,
                Path(private),
                public_url=self._services.settings.site.public_url,
                feeds_at=self._wanted.feeds_at,
                with_hits=self._wanted.hits,
                now=self.manifest.made,
            )
            self.manifest.counts = gathered.counts
            yield gathered

    def _files(self, gathered: Gathered) -> Iterator[_File]:
        for path in gathered.made:
            yield from _on_disk(path, gathered.folder / path)
        if self._wanted.keys:
            yield from _on_disk(KEYS, self._services.settings.keys_file)
        for stored in gathered.stored:
            try:
                reader = self._services.storage.open(stored.object_key)
            except ObjectMissing:
                self.manifest.missing.append(stored.path)
                continue
            with closing(reader):
                yield _File(stored.path, reader.size, reader)

    def _summed(self, file: _File) -> Iterator[bytes]:
        """A file's bytes, exactly as many as announced, written down in the manifest."""
        digest, size = hashlib.sha256(), 0
        while chunk := file.content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if size != file.size:
            raise ArchiveError(f"{file.path} changed while it was read")
        self.manifest.files[file.path] = Sum(size, digest.hexdigest())
        self._progress(file.path)


def _sweep(data: Path, now: datetime) -> None:
    """Remove what exports left that were killed days ago: it names people."""
    for folder in data.glob(".archive-*"):
        if folder.stat().st_mtime < (now - _ABANDONED).timestamp():
            shutil.rmtree(folder, ignore_errors=True)


def _on_disk(path: str, source: Path) -> Iterator[_File]:
    with source.open("rb") as content:
        yield _File(path, os.fstat(content.fileno()).st_size, content)


class Pulled:
    """A stream of pieces as something to read from, for who wants to pull."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = memoryview(piece)
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return bytes(taken)


def write_file(export: Export, target: Path, copy: Callable[[Readable, BinaryIO], None]) -> None:
    """The archive as a file, complete or not there at all, readable by its owner alone.

    ``copy`` may encrypt on the way (podcast_server.backup.seal).
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ArchiveError(f"{unfinished} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            copy(Pulled(export.stream()), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
