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

    def folders(self) -> Iterator[str]:
        """The names of the folders right below."""
        ...

    def walk(self, below: str) -> Iterator[ObjectStat]:
        """Every file in a folder below and in those further down; ``key`` as in ``exists``."""
        ...

    def download(self, name: str, target: Path) -> None:
        """Write one file to ``target``. Raises ObjectMissing."""
        ...

    def upload(self, source: Path, name: str) -> None:
        """Make or replace a file, in one step, with the bytes of a local one of any size."""
        ...

    def delete(self, name: str) -> None:
        """Remove a file; no objection if there is none."""
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
