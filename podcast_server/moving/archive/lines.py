"""Files of records: JSON lines, or CSV for what people look at in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from sqlalchemy import Column

from podcast_server.moving.archive.kinds import Kind
from podcast_server.moving.errors import ArchiveError

MAX_LINE = 16 * 1024 * 1024  # bytes
# A spreadsheet runs a cell that begins like this; the quote before it is taken off again.
_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r", "\n", " ")


def to_json(record: object) -> bytes:
    """A record on one line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def to_pretty_json(record: object) -> bytes:
    """A record for people."""
    return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"


def from_json(data: bytes, where: str) -> Any:
    """One JSON value. Raises ArchiveError."""
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ArchiveError(f"{where} is not JSON") from None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def write_records(kind: Kind, records: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    """Write records one after the other; how many."""
    count = 0
    if kind.path.endswith(".csv"):
        file.write(_csv_line(kind.fields))
    for record in records:
        as_csv = kind.path.endswith(".csv")
        file.write(_csv_line(map(_cell, record.values())) if as_csv else to_json(record))
        count += 1
    return count


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def read_records(kind: Kind, file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Every record with where it stands ("people/grants.jsonl, line 7"). Raises ArchiveError."""
    lines = _lines(kind, file)
    if not kind.path.endswith(".csv"):
        for where, line in lines:
            yield where, from_json(line, where)
        return
    wanted = list(kind.fields)
    for where, line in lines:
        cells = _split(line, where)
        if where.endswith(" line 1"):
            if cells != wanted:
                raise ArchiveError(f"{where} does not name the columns {', '.join(wanted)}")
            continue
        if len(cells) != len(wanted):
            raise ArchiveError(f"{where} has {len(cells)} cells, not {len(wanted)}")
        yield (
            where,
            {
                name: _value(kind.fields[name], cell, where)
                for name, cell in zip(wanted, cells, strict=True)
            },
        )


def _lines(kind: Kind, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        where = f"{kind.path}, line {number}"
        if len(line) > MAX_LINE:
            raise ArchiveError(f"{where} is too long")
        yield where, line


def _split(line: bytes, where: str) -> list[str]:
    try:
        return next(csv.reader([line.decode().rstrip("\n")], strict=True))
    except (csv.Error, UnicodeDecodeError, StopIteration):
        raise ArchiveError(f"{where} is not CSV") from None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).splitlines()) if isinstance(value, str) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _value(column: Column[Any], cell: str, where: str) -> Any:
    if not cell and column.nullable:
        return None
    kind = column.type.python_type
    if kind is bool and cell in {"yes", "no"}:
        return cell == "yes"
    if kind is int:
        try:
            return int(cell)
        except ValueError:
            raise ArchiveError(f"{where}: {cell[:60]!r} is not a number") from None
    return cell[1:] if cell.startswith("'") else cell
