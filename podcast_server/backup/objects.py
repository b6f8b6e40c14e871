"""The stored files in a backup. They never change under one name, so only new ones are copied."""

from __future__ import annotations

import os
import secrets
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
from podcast_server.backup.seal import SUFFIX, Copy, plainly

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


def copy_out(
    storage: Storage,
    keys: Iterable[str],
    folder: Path,
    progress: Progress,
    seal: Copy | None = None,
) -> Copied:
    """Copy objects into a folder, encrypted by ``seal``, skipping those that are there."""
    copied, size, missing = 0, 0, []
    for key in keys:
        target = _file_of(folder, key, seal)
        if not target.exists():
            try:
                size += _copy_one(storage, key, target, seal or plainly)
                copied += 1
            except ObjectMissing:
                missing.append(key)
        progress(key)
    return Copied(copied, size, tuple(missing))


def _file_of(folder: Path, key: str, sealed: Copy | None) -> Path:
    return folder / (check_key(key) + (SUFFIX if sealed else ""))


def _copy_one(storage: Storage, key: str, target: Path, copy: Copy) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with storage.open(key) as reader, temporary.open("wb") as file:
        copy(reader, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    return target.stat().st_size


def copy_in(
    storage: Storage,
    keys: Iterable[str],
    folder: Path,
    progress: Progress,
    unseal: Copy | None = None,
) -> Copied:
    """Put objects from a backup's folder into the storage, skipping those that are there."""
    copied, size, missing = 0, 0, []
    for key in keys:
        source = _file_of(folder, key, unseal)
        if not source.exists():
            missing.append(key)
        elif storage.stat(key) is None:
            copied, size = copied + 1, size + _put_one(storage, key, source, unseal)
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
