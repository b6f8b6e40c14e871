"""Byte ranges as listeners ask for them, and how much of a file several of them cover."""

from __future__ import annotations

import re
from collections.abc import Iterable

# One part of a Range header, RFC 9110 section 14.1.2: "first-last", "first-" or "-suffix".
# Twelve digits are a terabyte; longer numbers are nonsense.
_PART = re.compile(r"\s*(\d{0,12})-(\d{0,12})\s*")


def read_range(header: str | None, file_bytes: int) -> tuple[int | None, int | None]:
    """First and last byte (inclusive) that a Range header asks of a file of that size.

    ``None`` where the header does not say: no header, an unreadable one, or an open end. Of
    several parts the longest speaks for the request.
    """
    if not header or header[:6].lower() != "bytes=":
        return None, None
    parts = [part for text in header[6:].split(",", 16)[:16] if (part := _read_part(text))]
    if not parts:
        return None, None
    wanted = [_resolve(first, last, file_bytes) for first, last in parts]
    return max(wanted, key=lambda span: _span_length(span, file_bytes))


def _read_part(text: str) -> tuple[str, str] | None:
    match = _PART.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        return None
    first, last = match[1], match[2]
    backwards = bool(first and last) and int(last) < int(first)
    return None if backwards else (first, last)


def _resolve(first: str, last: str, file_bytes: int) -> tuple[int, int | None]:
    if not first:
        return max(0, file_bytes - int(last)), None
    return int(first), int(last) if last else None


def _span_length(span: tuple[int, int | None], file_bytes: int) -> int:
    first, last = span
    return (file_bytes if last is None else last + 1) - first


def united_length(spans: Iterable[tuple[int, int]]) -> int:
    """How many different bytes the half-open spans [start, end) cover together."""
    total = reached = 0
    for first, end in sorted(spans):
        start = max(first, reached)
        if end > start:
            total += end - start
            reached = end
    return total
