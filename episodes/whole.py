"""Whether stored files are still what they were: by the checksums that rows and names carry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Audio
from episodes.storage.base import CHUNK, ObjectMissing, Readable, Storage
from episodes.storage.keys import hash_in

Sums = dict[str, str]


class Summed:
    """What is read through it is added up: pass it on instead of the file."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, size: int = CHUNK, /) -> bytes:
        """See Readable."""
        data = self._source.read(size)
        self._digest.update(data)
        return data

    @property
    def sha256(self) -> str:
        """Of all that was read."""
        return self._digest.hexdigest()


def sum_of(source: Readable) -> str:
    """SHA-256 of all that can be read there, in hexadecimal."""
    summed = Summed(source)
    while summed.read(1024 * 1024):
        pass
    return summed.sha256


def sums_of(session: Session, keys: Iterable[str]) -> Sums:
    """How the SHA-256 of each object must begin: all of it for audio, half of it where only the
    name tells, nothing where nobody knows."""
    rows = session.execute(select(Audio.object_key, Audio.sha256))
    audio = {row.object_key: row.sha256 for row in rows}
    return {key: audio.get(key) or hash_in(key) for key in keys}


def is_whole(storage: Storage, key: str, wanted: str) -> bool:
    """Whether an object is there with the wanted content. Raises StorageError."""
    try:
        with storage.open(key) as reader:
            return not wanted or sum_of(reader).startswith(wanted)
    except ObjectMissing:
        return False
