"""The stored files in a backup. They never change under one name, so only new ones are copied."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from episodes.ingest import mentioned_objects
from episodes.models import Audio
from episodes.storage.base import ObjectMissing, Storage
from episodes.storage.keys import check_key
from podcast_server.backup.places import Place
from podcast_server.backup.seal import SUFFIX, Copy, plainly

OBJECTS = "objects"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy run did: objects and bytes copied, and which were missing."""

    copied: int
    bytes: int
    missing: tuple[str, ...]


def objects_of(engine: Engine) -> list[str]:
    """Every object that the database mentions, in order."""
    with Session(engine.execution_options(read_only=True)) as session:
        return sorted(mentioned_objects(session))


def sizes_of(engine: Engine) -> dict[str, int]:
    """The bytes that audio objects must have, to tell a whole copy from half of one."""
    with Session(engine.execution_options(read_only=True)) as session:
        rows = session.execute(select(Audio.object_key, Audio.size))
        return {row.object_key: row.size for row in rows}


def object_name(key: str, *, sealed: bool) -> str:
    """Where a place keeps a stored file. Raises BadKey."""
    return f"{OBJECTS}/{check_key(key)}{SUFFIX if sealed else ''}"


def copy_out(
    storage: Storage,
    keys: Iterable[str],
    place: Place,
    progress: Progress,
    seal: Copy | None = None,
) -> Copied:
    """Copy objects into a place, encrypted by ``seal``, skipping those that are there."""
    copied, size, missing = 0, 0, []
    there = place.names(OBJECTS)
    for key in keys:
        name = object_name(key, sealed=seal is not None)
        if name not in there:
            try:
                size += _copy_one(storage, key, place, name, seal or plainly)
                copied += 1
            except ObjectMissing:
                missing.append(key)
        progress(key)
    return Copied(copied, size, tuple(missing))


def _copy_one(storage: Storage, key: str, place: Place, name: str, copy: Copy) -> int:
    with storage.open(key) as reader, place.writing(name) as file:
        copy(reader, file)
        return file.tell()


def copy_in(
    storage: Storage,
    keys: Iterable[str],
    place: Place,
    progress: Progress,
    unseal: Copy | None = None,
) -> Copied:
    """Put objects from a place into the storage, skipping those that are there."""
    copied, size, missing = 0, 0, []
    there = place.names(OBJECTS)
    for key in keys:
        name = object_name(key, sealed=unseal is not None)
        if name not in there:
            missing.append(key)
        elif storage.stat(key) is None:
            with place.reading(name) as path:
                copied, size = copied + 1, size + _put_one(storage, key, path, unseal)
        progress(key)
    return Copied(copied, size, tuple(missing))


def _put_one(storage: Storage, key: str, source: Path, unseal: Copy | None) -> int:
    """Store one file of a backup; its bytes."""
    with source.open("rb") as file, tempfile.TemporaryFile() as opened:
        plain: BinaryIO = file
        if unseal is not None:
            unseal(file, opened)
            opened.seek(0)
            plain = opened
        # The type is told with every answer; objects need none of their own.
        return storage.put(key, plain, content_type="application/octet-stream").size
