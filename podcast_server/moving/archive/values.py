"""Rows ↔ records: values as JSON or CSV can hold them, and back, checked against the column."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, String

from podcast_server.moving.archive.kinds import Kind
from podcast_server.moving.errors import ArchiveError

_SMALL, _BIG = 1 << 31, 1 << 63


def record_of(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """One row in the archive's words; times in ISO 8601, UTC, ending in Z."""
    return {name: _plain(row[column.name]) for name, column in kind.fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value


def row_of(kind: Kind, record: object, where: str) -> dict[str, Any]:
    """The row a record stands for, without what is implied. ``where`` is for the message.

    What an older server did not know yet gets its default. Raises ArchiveError.
    """
    if not isinstance(record, dict):
        raise ArchiveError(f"{where} is not a record")
    strange = record.keys() - kind.fields.keys()
    if strange:
        raise ArchiveError(
            f"{where} has a field this version does not know: {min(map(str, strange))[:80]}"
        )
    return {
        column.name: _typed(column, record[name], f"{where}, {name}")
        if name in record
        else _default(column, f"{where}, {name}")
        for name, column in kind.fields.items()
    }


def _default(column: Column[Any], where: str) -> Any:
    default: Any = column.default
    if default is not None and default.is_scalar:
        return default.arg
    if default is not None and default.is_callable:
        return default.arg(None)
    if column.nullable:
        return None
    raise ArchiveError(f"{where} is missing")


def _typed(column: Column[Any], value: Any, where: str) -> Any:
    if value is None and column.nullable:
        return None
    if isinstance(column.type, JSON):
        return _json(column, value, where)
    try:
        return _READERS[column.type.python_type](column, value)
    except (ValueError, TypeError, OverflowError, KeyError):
        raise ArchiveError(f"{where} cannot be {str(value)[:60]!r}") from None


def _json(column: Column[Any], value: Any, where: str) -> Any:
    default: Any = column.default
    kind = type(default.arg(None)) if default is not None else object
    if not isinstance(value, kind):
        raise ArchiveError(f"{where} is not a {kind.__name__}")
    return value


def _text(column: Column[Any], value: Any) -> str:
    length = column.type.length if isinstance(column.type, String) else None
    if not isinstance(value, str) or "\0" in value or (length and len(value) > length):
        raise ValueError
    value.encode()  # a lone surrogate is a text no database takes
    return value


def _number(column: Column[Any], value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    most = _BIG if isinstance(column.type, BigInteger) else _SMALL
    if column.primary_key and value < 1:
        raise ValueError
    if not -most <= value < most:
        raise OverflowError
    return value


def _float(_column: Column[Any], value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _truth(_column: Column[Any], value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _moment(_column: Column[Any], value: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(dt.UTC)


def _day(_column: Column[Any], value: Any) -> dt.date:
    return dt.date.fromisoformat(value)


_READERS: Mapping[type, Callable[[Column[Any], Any], Any]] = {
    str: _text,
    int: _number,
    float: _float,
    bool: _truth,
    dt.datetime: _moment,
    dt.date: _day,
}
