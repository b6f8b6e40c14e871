"""The Range header of RFC 9110 §14, as far as a media server should go."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``start`` up to but not including ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start


class UnsatisfiableRangeError(Exception):
    """The range lies wholly outside the file: 416."""


def parse_range(header: str, size: int) -> ByteRange | None:
    """The one range asked of a file of ``size`` bytes; None means send it whole.

    Several ranges, other units and malformed headers are ignored, which RFC 9110 §14.2
    allows: no podcast app asks for several. Raises UnsatisfiableRangeError.
    """
    if not header:
        return None
    match = _ONE_RANGE.fullmatch(header.strip().lower())
    if match is None:
        return None
    first, last = match.groups()
    if first:
        return _from_start(int(first), int(last) if last else size - 1, size)
    if not last:
        return None
    if int(last) == 0 or size == 0:
        raise UnsatisfiableRangeError
    return ByteRange(max(0, size - int(last)), size)


def _from_start(first: int, last: int, size: int) -> ByteRange | None:
    if first >= size:
        raise UnsatisfiableRangeError
    if last < first:
        return None
    return ByteRange(first, min(last + 1, size))
