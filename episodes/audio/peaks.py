"""How loud a recording is along its way: what the picture in the chapter editor is drawn from."""

from __future__ import annotations

import tempfile
from pathlib import Path

from episodes.audio.limited import Limits, run_limited
from episodes.storage.base import ObjectMissing, Storage
from episodes.storage.files import as_file
from episodes.storage.keys import peaks_key
from episodes.storage.small import put_bytes, read_bytes

COUNT = 1500
# An hour of sound takes some seconds; what takes more than a minute of a processor gets no picture.
LIMITS = Limits(cpu=60, wall=300)


def measure_peaks(source: Path, *, count: int = COUNT, limits: Limits = LIMITS) -> bytes:
    """The loudest sample of each of ``count`` stretches, 0 to 255. Raises AudioRefused."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "peaks"
        arguments = {"source": str(source.absolute()), "target": str(target), "count": count}
        run_limited("peaks", arguments, limits)
        return target.read_bytes()


def peaks_of(storage: Storage, object_key: str) -> bytes:
    """The peaks of a stored file, measured once and kept beside it.

    Raises AudioRefused, StorageError.
    """
    key = peaks_key(object_key)
    try:
        return read_bytes(storage, key)
    except ObjectMissing:
        with as_file(storage, object_key) as source:
            found = measure_peaks(source)
        put_bytes(storage, key, found, content_type="application/octet-stream")
        return found
