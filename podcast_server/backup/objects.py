"""The stored files in a backup. They never change under one name, so only new ones are copied.

A backup notes the SHA-256 of each file as it lies there, so that it can be told from a damaged one
later, also where it is encrypted and the server itself cannot read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Literal, cast

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.history import mentioned_in_versions
from episodes.ingest import mentioned_objects
from episodes.storage.base import ObjectMissing, Storage
from episodes.storage.keys import check_key
from episodes.whole import Summed, Sums, is_whole, sum_of, sums_of
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import Place
from podcast_server.backup.seal import SUFFIX, Copy, plainly

OBJECTS = "objects"
Progress = Callable[[str], None]
Outcome = Literal["there", "copied", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy run did: objects and bytes copied, and which were missing or damaged where they
    came from. ``replaced`` were damaged in the backup; ``sums`` by their names there."""

    copied: int
    bytes: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    sums: Sums = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run: sums of the content by key, and of the files that are in the
    backup by name. ``suspects`` (names) are copied again; with ``verify`` all others are read."""

    content: Mapping[str, str]
    there: Mapping[str, str] = field(default_factory=dict)
    suspects: frozenset[str] = frozenset()
    verify: bool = False


class _Damaged(Exception):
    """What would replace a file in the backup is not whole itself."""


def objects_of(engine: Engine, storage: Storage) -> list[str]:
    """Every object that the database mentions, and what earlier versions of episodes still have,
    in order."""
    with Session(engine.execution_options(read_only=True)) as session:
        mentioned = mentioned_objects(session)
        older = mentioned_in_versions(session) - mentioned
    return sorted(mentioned | {key for key in older if storage.stat(key) is not None})


def content_sums(engine: Engine, keys: Iterable[str]) -> Sums:
    """How the SHA-256 of each object's content must begin."""
    with Session(engine.execution_options(read_only=True)) as session:
        return sums_of(session, keys)


def object_name(key: str, *, sealed: bool) -> str:
    """Where a place keeps a stored file. Raises BadKey."""
    return f"{OBJECTS}/{check_key(key)}{SUFFIX if sealed else ''}"


def copy_out(
    storage: Storage,
    keys: Iterable[str],
    place: Place,
    progress: Progress,
    known: Known,
    seal: Copy | None = None,
) -> Copied:
    """Copy objects into a place, encrypted by ``seal``, skipping those that are there and whole.

    What is damaged in the storage is copied where the place has nothing better.
    """
    run = _Run()
    names = place.names(OBJECTS)
    for key in keys:
        name = object_name(key, sealed=seal is not None)
        is_there = name in names
        if is_there and not _must_replace(place, name, key, known, sealed=seal is not None):
            if name in known.there:
                run.sums[name] = known.there[name]
        else:
            _copy_one(storage, key, place, name, seal or plainly, known, run, is_there=is_there)
        progress(key)
    return run.done()


@dataclass(slots=True)
class _Run:
    """What a run did so far."""

    copied: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    sums: Sums = field(default_factory=dict)

    def done(self) -> Copied:
        return Copied(
            self.copied,
            self.bytes,
            tuple(self.missing),
            tuple(self.damaged),
            tuple(self.replaced),
            self.sums,
        )


def _must_replace(place: Place, name: str, key: str, known: Known, *, sealed: bool) -> bool:
    if name in known.suspects:
        return True
    wanted = known.there.get(name) or ("" if sealed else known.content.get(key, ""))
    return known.verify and not is_file_whole(place, name, wanted)


def is_file_whole(place: Place, name: str, wanted: str) -> bool:
    """Whether a file of a backup can be read and has its checksum, if one is known."""
    try:
        with place.reading(name) as path, path.open("rb") as file:
            return sum_of(file).startswith(wanted)
    except (BackupError, OSError):
        return False


def _copy_one(
    storage: Storage,
    key: str,
    place: Place,
    name: str,
    copy: Copy,
    known: Known,
    run: _Run,
    *,
    is_there: bool,
) -> None:
    try:
        with storage.open(key) as reader, place.writing(name) as file:
            read, written = Summed(reader), SummedWriting(file)
            copy(read, cast("BinaryIO", written))
            if not read.sha256.startswith(known.content.get(key, "")):
                _note_damage(run, key, is_there=is_there)
            size = file.tell()
    except ObjectMissing:
        run.missing.append(key)
        return
    except _Damaged:
        return
    run.copied, run.bytes = run.copied + 1, run.bytes + size
    run.sums[name] = written.sha256
    if is_there:
        run.replaced.append(key)


def _note_damage(run: _Run, key: str, *, is_there: bool) -> None:
    run.damaged.append(key)
    if is_there:
        raise _Damaged


class SummedWriting:
    """A file whose bytes are added up while they are written from the beginning to the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        """Like a file's."""
        self._digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Like a file's."""
        self._file.flush()

    @property
    def sha256(self) -> str:
        """Of all that was written, in hexadecimal."""
        return self._digest.hexdigest()


def copy_in(
    storage: Storage,
    keys: Iterable[str],
    place: Place,
    progress: Progress,
    content: Mapping[str, str],
    unseal: Copy | None = None,
    *,
    accept: bool = False,
) -> Copied:
    """Put objects from a place into the storage, skipping those that are there and whole.

    What is damaged in the place is left out unless it is to be accepted.
    """
    run = _Run()
    names = place.names(OBJECTS)
    for key in keys:
        name = object_name(key, sealed=unseal is not None)
        outcome: Outcome = "missing"
        size = 0
        if is_whole(storage, key, content.get(key, "")):
            outcome = "there"
        elif name in names:
            outcome, size = bring_back(
                storage, key, place, name, content.get(key, ""), unseal, accept=accept
            )
        _note(run, key, outcome, size)
        progress(key)
    return run.done()


def _note(run: _Run, key: str, outcome: Outcome, size: int) -> None:
    if outcome == "missing":
        run.missing.append(key)
    elif outcome == "damaged":
        run.damaged.append(key)
    if size:
        run.copied, run.bytes = run.copied + 1, run.bytes + size


def bring_back(
    storage: Storage,
    key: str,
    place: Place,
    name: str,
    wanted: str,
    unseal: Copy | None,
    *,
    accept: bool = False,
) -> tuple[Outcome, int]:
    """Put one file of a backup into the storage if it is whole; what came of it, and its bytes."""
    with place.reading(name) as path, path.open("rb") as file, TemporaryFile() as opened:
        plain: IO[bytes] = file
        outcome: Outcome = "copied"
        if unseal is not None:
            try:
                unseal(file, cast("BinaryIO", opened))
            except BackupError:
                return "damaged", 0
            opened.seek(0)
            plain = opened
        if not sum_of(plain).startswith(wanted):
            outcome = "damaged"
            if not accept:
                return outcome, 0
        plain.seek(0)
        # The type is told with every answer; objects need none of their own.
        return outcome, storage.put(key, plain, content_type="application/octet-stream").size
