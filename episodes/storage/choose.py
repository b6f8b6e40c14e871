"""From settings to a storage. A new backend is one function and one row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from episodes.storage.base import Storage, StorageError, StorageSettings
from episodes.storage.foreign import ForeignFolder
from episodes.storage.local import LocalStorage
from episodes.storage.memory import MemoryStorage


def open_storage(settings: StorageSettings) -> Storage:
    """The storage these settings name. Does not touch the network.

    Raises StorageError where a setting is missing, StorageUnavailable where a folder cannot
    be made.
    """
    return _OPENERS[settings.backend](settings)


def open_foreign(settings: StorageSettings) -> ForeignFolder:
    """The folder ``settings.prefix`` of a bucket that is not our storage. Raises StorageError."""
    from episodes.storage.s3.foreign import S3Folder

    return S3Folder(settings)


def _open_local(settings: StorageSettings) -> Storage:
    if settings.folder is None:
        raise StorageError("storage.folder is missing: name the folder to keep audio in")
    return LocalStorage(settings.folder)


def _open_s3(settings: StorageSettings) -> Storage:
    # boto3 takes 150 ms to import: only for those who use it.
    from episodes.storage.s3 import S3Storage

    return S3Storage(settings)


def _open_memory(settings: StorageSettings) -> Storage:
    del settings
    return MemoryStorage()


_OPENERS: Mapping[str, Callable[[StorageSettings], Storage]] = {
    "local": _open_local,
    "s3": _open_s3,
    "memory": _open_memory,
}
