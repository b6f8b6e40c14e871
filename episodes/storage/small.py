"""Small objects in one call: covers, transcripts."""

from __future__ import annotations

import hashlib
import io

from episodes.storage.base import Storage


def put_bytes(storage: Storage, key: str, data: bytes, *, content_type: str) -> None:
    """Store bytes that are in memory anyway."""
    storage.put(key, io.BytesIO(data), content_type=content_type, size=len(data))


def read_bytes(storage: Storage, key: str) -> bytes:
    """A whole small object. Raises ObjectMissing."""
    with storage.open(key) as reader:
        return reader.read()


def sha256_of(data: bytes) -> str:
    """The hash that names an object, in hex."""
    return hashlib.sha256(data).hexdigest()
