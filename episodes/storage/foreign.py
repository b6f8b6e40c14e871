"""A folder of somebody else's in a bucket: files with any names, to be taken and put aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from episodes.storage.base import ObjectStat


class ForeignFolder(Protocol):
    """Names are as people gave them, without the folder. May raise StorageError."""

    def list(self) -> Iterator[ObjectStat]:
        """The files in the folder itself, not those in folders below; ``key`` is the name."""
        ...

    def download(self, name: str, target: Path) -> None:
        """Write one file to ``target``. Raises ObjectMissing."""
        ...

    def move(self, name: str, target: str) -> None:
        """Rename a file; ``target`` may be in a folder below. Cut off, both are there."""
        ...

    def write(self, name: str, text: str) -> None:
        """Make or replace a small text file."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is such a file, also in a folder below."""
        ...
