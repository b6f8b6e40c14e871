"""Stored objects as files on this machine's disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from episodes.storage.base import Storage


@contextmanager
def as_file(storage: Storage, key: str) -> Iterator[Path]:
    """A stored object as a local file: itself, or a copy for the time being."""
    path = storage.local_path(key)
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".audio") as file, storage.open(key) as reader:
        shutil.copyfileobj(reader, file, 1024 * 1024)
        file.flush()
        yield Path(file.name)
