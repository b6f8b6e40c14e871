"""Does the storage work? Asked by ``doctor`` and at start."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable

from episodes.storage.base import Storage, StorageUnavailable


def probe_storage(storage: Storage, while_stored: Callable[[str], None] | None = None) -> None:
    """Write an object, read all and a part of it, delete it. ``while_stored`` may look at it.

    Raises StorageError naming the step that failed.
    """
    key = f"probe/{secrets.token_hex(8)}.bin"
    data = secrets.token_bytes(4096)
    storage.put(key, io.BytesIO(data), content_type="application/octet-stream", size=len(data))
    try:
        with storage.open(key) as reader:
            if reader.read() != data:
                raise StorageUnavailable("the storage gave back other bytes than were written")
        # As players ask when one jumps ahead.
        with storage.open(key, 1000, 1100) as reader:
            if reader.read() != data[1000:1100]:
                raise StorageUnavailable("the storage does not give back parts of an object")
        if while_stored is not None:
            while_stored(key)
    finally:
        storage.delete(key)
    if storage.stat(key) is not None:
        raise StorageUnavailable("the storage keeps objects after they were deleted")
