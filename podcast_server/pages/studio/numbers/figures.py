"""Figures in a table: in the reader's way on the page, in the plain way of CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import dates, numbers
from flask_babel import get_locale

Table = tuple[Sequence[str], list[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Month:
    """A month, by its first day."""

    first: date


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, 0 to 1."""

    value: float
    digits: int = 0


def plain(cell: object) -> object:
    """As a program reads it: ISO 8601 dates, percent with a point."""
    if isinstance(cell, Month):
        return cell.first.isoformat()[:7]
    if isinstance(cell, Share):
        return f"{cell.value:.{cell.digits}%}"
    return cell.isoformat() if isinstance(cell, date) else cell


def shown(cell: object) -> object:
    """As the reader's language writes it."""
    locale = get_locale()
    if isinstance(cell, Month):
        return dates.format_skeleton("yMMM", cell.first, locale=locale)
    if isinstance(cell, Share):
        form = "#,##0.0%" if cell.digits else "#,##0%"
        if not str(numbers.format_percent(0, locale=locale)).endswith("0%"):
            form = form.replace("%", "\N{NARROW NO-BREAK SPACE}%")
        return numbers.format_percent(cell.value, form, locale=locale)
    if isinstance(cell, date):
        return dates.format_date(cell, "medium", locale=locale)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return numbers.format_decimal(cell, locale=locale)
    return cell


def with_cells(table: Table, form: Callable[[object], object]) -> Table:
    """The table with every cell formed."""
    headings, rows = table
    return headings, [[form(cell) for cell in row] for row in rows]
