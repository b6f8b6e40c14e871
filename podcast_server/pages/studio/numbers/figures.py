"""Figures in a table: in the reader's way on the page, in the plain way of CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import singledispatch
from typing import Any

from babel import dates, numbers
from flask_babel import get_locale, gettext

from podcast_server.currencies import decimals, write_amount

Table = tuple[Sequence[str], list[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Month:
    """A month, by its first day; ``runs`` while it is not over."""

    first: date
    runs: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, 0 to 1."""

    value: float
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """Money in minor units."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class SoFar:
    """A count that still grows."""

    value: int


@singledispatch
def plain(cell: object) -> object:
    """As a program reads it: ISO 8601 dates, numbers and percent with a point."""
    return cell.isoformat() if isinstance(cell, date) else cell


@plain.register
def _(cell: Month) -> object:
    return cell.first.isoformat()[:7]


@plain.register
def _(cell: Share) -> object:
    return f"{cell.value:.{cell.digits}%}"


@plain.register
def _(cell: Sum) -> object:
    return Decimal(cell.amount).scaleb(-decimals(cell.currency))


@plain.register
def _(cell: SoFar) -> object:
    return cell.value


@singledispatch
def shown(cell: object) -> object:
    """As the reader's language writes it."""
    if isinstance(cell, date):
        return dates.format_date(cell, "medium", locale=get_locale())
    if isinstance(cell, int) and not isinstance(cell, bool):
        return numbers.format_decimal(cell, locale=get_locale())
    return cell


@shown.register
def _(cell: Month) -> object:
    month = dates.format_skeleton("yMMM", cell.first, locale=get_locale())
    return gettext("%(figure)s so far", figure=month) if cell.runs else month


@shown.register
def _(cell: Share) -> object:
    locale = get_locale()
    form = "#,##0.0%" if cell.digits else "#,##0%"
    if not str(numbers.format_percent(0, locale=locale)).endswith("0%"):
        form = form.replace("%", "\N{NARROW NO-BREAK SPACE}%")
    return numbers.format_percent(cell.value, form, locale=locale)


@shown.register
def _(cell: Sum) -> object:
    locale = get_locale()
    assert locale is not None
    return write_amount(cell.amount, cell.currency, locale)


@shown.register
def _(cell: SoFar) -> object:
    return gettext("%(figure)s so far", figure=shown(cell.value))


def with_cells(table: Table, form: Callable[[object], object]) -> Table:
    """The table with every cell formed."""
    headings, rows = table
    return headings, [[form(cell) for cell in row] for row in rows]
