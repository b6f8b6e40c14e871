"""A file of separated values as a table, whoever wrote it; nothing too large is taken.

Files come from spreadsheets of all ages: UTF-8 with or without byte order mark, UTF-16, or the
Windows code page; separated by commas, semicolons or tabs (RFC 4180 otherwise).
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from podcast_server.moving.members.errors import TableRefused

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 500_000
MOST_COLUMNS = 300
# Real cells are shorter: a longer one is no address, name or date.
LONGEST_CELL = 4_000
# Of those that are as frequent the first: no text has tabs, and few have semicolons.
_DELIMITERS = "\t;,"
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line of the file it ends on, and its cells, stripped."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the header row, and the rows below it. They are read anew each time they are
    gone through, since cells of a large table take many times the memory of its text."""

    headers: tuple[str, ...]
    size: int  # rows, empty ones left out
    text: str

    def lines(self) -> Iterator[Line]:
        """The rows in the file's order."""
        return islice(_rows(self.text), 1, None)


def read_sheet(data: bytes) -> Sheet:
    """Read a whole file. Raises TableRefused with the reason."""
    if len(data) > MOST_BYTES:
        raise TableRefused(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB: split it")
    text = decode(data)
    rows = _rows(text)
    header = next(rows, None)
    if header is None:
        raise TableRefused("the file is empty")
    if len(header.cells) > MOST_COLUMNS:
        raise TableRefused(f"there are more than {MOST_COLUMNS} columns: is this a table?")
    size = sum(1 for _ in islice(rows, MOST_ROWS + 1))
    if size > MOST_ROWS:
        raise TableRefused(f"there are more than {MOST_ROWS} rows: split the file")
    return Sheet(header.cells, size, text)


def decode(data: bytes) -> str:
    """The text, by its byte order mark, else UTF-8, else what Windows writes.

    Raises TableRefused for what is no text, such as a workbook.
    """
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TableRefused("this is a workbook: save it as CSV first")
    try:
        return _decode(data)
    except UnicodeError:
        raise TableRefused("the file is no text in UTF-8, UTF-16 or Windows-1252") from None


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    if data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 that lost its mark
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    if "\0" in text:
        raise TableRefused("the file is no text")
    return text


def _rows(text: str) -> Iterator[Line]:
    reader = csv.reader(_text_lines(text), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            stripped = tuple(_clean(cell) for cell in cells)
            if any(stripped):
                yield Line(reader.line_num, stripped)
    except csv.Error as error:
        raise TableRefused(
            f"line {reader.line_num}: {error}. Is a quotation mark opened and never closed?"
        ) from error


def _text_lines(text: str) -> Iterator[str]:
    """Lines with their ends, one at a time: a list of them would be a second copy."""
    return (found[0] for found in _LINE.finditer(text) if found[0])


def _clean(cell: str) -> str:
    """Without control characters; a cell that is too long stays recognisably so."""
    if len(cell) > LONGEST_CELL:
        return cell[: LONGEST_CELL + 1]
    cell = cell.strip()
    if cell.isprintable():
        return cell
    spaced = (" " if c.isspace() else c for c in cell)
    return "".join(c for c in spaced if c.isprintable()).strip()


def _delimiter(text: str) -> str:
    """The separator that the header row has most of outside of quotation marks."""
    header, quoted = next((line for line in _text_lines(text) if line.strip()), ""), False
    counts = dict.fromkeys(_DELIMITERS, 0)
    for character in header:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in counts:
            counts[character] += 1
    return max(_DELIMITERS, key=counts.__getitem__)
