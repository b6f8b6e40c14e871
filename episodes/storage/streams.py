"""Bytes on their way in and out: counted, hashed, and cut to the announced size."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from episodes.storage.base import (
    MAX_PART,
    MAX_PARTS,
    MIN_PART,
    BadRange,
    BadUpload,
    PartInfo,
    Readable,
    StreamEnded,
)


class MeasuredStream:
    """Passes a stream through, counting and hashing it.

    With ``expected`` it ends after so many bytes, as a request's body must not be read past
    its length, and raises StreamEnded where the sender stopped before.
    """

    def __init__(self, stream: Readable, expected: int | None = None) -> None:
        self._stream = stream
        self._expected = expected
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if self._expected is not None:
            size = min(size, self._expected - self.size)
            if size == 0:
                return b""
        data = self._stream.read(size)
        if not data and self._expected is not None:
            raise StreamEnded(self.size, self._expected)
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        """Hash of all bytes so far, in hexadecimal."""
        return self._hash.hexdigest()


def clip_range(start: int, end: int | None, size: int) -> tuple[int, int]:
    """A requested range (end exclusive) as positions inside an object of ``size`` bytes."""
    check_range(start, end)
    stop = size if end is None else min(end, size)
    return min(start, stop), stop


def check_range(start: int, end: int | None) -> None:
    """Raises BadRange for a negative start, or an end before it."""
    if start < 0 or (end is not None and end < start):
        raise BadRange(f"bytes {start} to {end} are not a range")


def check_part(number: int, size: int) -> None:
    """Raises BadUpload for a part that S3 would not take."""
    if not 1 <= number <= MAX_PARTS:
        raise BadUpload(f"part {number}: parts are numbered 1 to {MAX_PARTS}")
    if not 1 <= size <= MAX_PART:
        raise BadUpload(f"part {number}: a part has 1 to {MAX_PART} bytes, not {size}")


def choose_parts(present: list[PartInfo], wanted: list[PartInfo]) -> list[PartInfo]:
    """The parts to join, checked by S3's rules against those that have arrived.

    Raises BadUpload naming the first part that cannot be used.
    """
    if not wanted:
        raise BadUpload("an upload needs at least one part")
    if [part.number for part in wanted] != sorted({part.number for part in wanted}):
        raise BadUpload("parts must be named once each, in the order of their numbers")
    # S3 would drop parts that are not named; Ceph refuses, and so do we: a list that is too
    # short is an accident, and half an episode must not pass for a whole one.
    for number in sorted({part.number for part in present} - {part.number for part in wanted}):
        raise BadUpload(f"part {number} has arrived and is not named")
    arrived = {(part.number, part.etag): part for part in present}
    for part in wanted:
        if (part.number, part.etag) not in arrived:
            raise BadUpload(f"part {part.number} is missing or was replaced: send it again")
    chosen = [arrived[part.number, part.etag] for part in wanted]
    for part in chosen[:-1]:
        if part.size < MIN_PART:
            raise BadUpload(f"part {part.number} is smaller than {MIN_PART} bytes")
    return chosen


def from_timestamp(seconds: float) -> datetime:
    """Seconds since 1970 as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
