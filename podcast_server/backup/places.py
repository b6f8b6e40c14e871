"""Where backups are kept: a folder of this machine, or a bucket. The layout is the same in both.

So a folder copied into a bucket by any other program can be restored from there, and the other
way round.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol

from episodes.storage.address import SCHEME, bucket_settings
from episodes.storage.base import ObjectMissing, StorageSettings
from episodes.storage.choose import open_foreign
from episodes.storage.foreign import ForeignFolder
from podcast_server.backup.errors import BackupError
from podcast_server.services import storage_settings
from podcast_server.settings import Settings


class Place(Protocol):
    """Files by names with slashes. May raise BackupError, and StorageError for a bucket."""

    def __str__(self) -> str:
        """The address, for people."""
        ...

    def folders(self) -> list[str]:
        """The names of the folders right below."""
        ...

    def names(self, below: str) -> set[str]:
        """The names of all files in a folder below and further down."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        ...

    def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A new file: it has its name, whole and safe, once the block ends without an error."""
        ...

    def reading(self, name: str) -> AbstractContextManager[Path]:
        """The file on this machine for a while. Raises BackupError where there is none."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; no objection if there is none."""
        ...


class FolderPlace:
    """Backups in a folder of this machine, or one that is mounted here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        """See Place."""
        return str(self._folder)

    def folders(self) -> list[str]:
        """See Place."""
        if not self._folder.is_dir():
            return []
        return [each.name for each in self._folder.iterdir() if each.is_dir()]

    def names(self, below: str) -> set[str]:
        """See Place. Also what a killed process left half written, under names with a dot."""
        return {
            path.relative_to(self._folder).as_posix()
            for path in (self._folder / below).rglob("*")
            if path.is_file()
        }

    def has(self, name: str) -> bool:
        """See Place."""
        return (self._folder / name).is_file()

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """See Place. The file is readable by its owner alone."""
        target = self._folder / name
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.touch(mode=0o600)
        except OSError as error:
            raise BackupError(f"{target} cannot be made: {error.strerror}") from error
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """See Place."""
        path = self._folder / name
        if not path.is_file():
            raise BackupError(f"{path} is missing")
        yield path

    def remove(self, name: str) -> None:
        """See Place. Folders that are empty then go, too."""
        path = self._folder / name
        path.unlink(missing_ok=True)
        while path.parent != self._folder and not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()


class BucketPlace:
    """Backups in a bucket. One file at a time lies in the folder ``private`` on its way."""

    def __init__(self, address: str, remote: ForeignFolder, private: Path) -> None:
        self._address = address
        self._remote = remote
        self._private = private

    def __str__(self) -> str:
        """See Place."""
        return self._address

    def folders(self) -> list[str]:
        """See Place."""
        return list(self._remote.folders())

    def names(self, below: str) -> set[str]:
        """See Place."""
        return {found.key for found in self._remote.walk(below)}

    def has(self, name: str) -> bool:
        """See Place."""
        return self._remote.exists(name)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """See Place."""
        with self._beside() as folder:
            path = Path(folder, "upload")
            with path.open("xb") as file:
                yield file
            self._remote.upload(path, name)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """See Place."""
        with self._beside() as folder:
            path = Path(folder, name.rpartition("/")[2])
            try:
                self._remote.download(name, path)
            except ObjectMissing as error:
                raise BackupError(f"{self._address.rstrip('/')}/{name} is missing") from error
            yield path

    def remove(self, name: str) -> None:
        """See Place."""
        self._remote.delete(name)

    def _beside(self) -> tempfile.TemporaryDirectory[str]:
        self._private.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=self._private, prefix=".backup-")


def open_place(settings: Settings, address: str) -> Place:
    """The folder, or s3://bucket/prefix, of that name. Does not touch the network.

    A bucket is reached with what [backup] says of it, and with what [storage] says where
    that is empty. Raises StorageError where the address cannot be used.
    """
    if not address.startswith(SCHEME):
        return FolderPlace(settings.home / address)
    own = storage_settings(settings)
    remote = open_foreign(bucket_settings(address, _access(settings, own), own))
    return BucketPlace(address, remote, settings.data)


def _access(settings: Settings, own: StorageSettings) -> StorageSettings:
    section = settings.backup
    access = replace(
        own, endpoint=section.endpoint or own.endpoint, region=section.region or own.region
    )
    if not section.access_key.get_secret_value():
        return access
    return replace(
        access,
        access_key=section.access_key.get_secret_value(),
        secret_key=section.secret_key.get_secret_value(),
    )
