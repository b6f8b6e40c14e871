"""What the charts draw, taken from the tables, which say the same in words.

``kind`` is "time" (a line over days or months), "moves" (what came upwards, what went down) or
"bars" (a bar for each name). ``unit`` is "", "share" or a currency's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from flask_babel import gettext

from feeds.downloads.reports import SPANS
from podcast_server.pages.studio.numbers.figures import Share, SoFar, Table, plain

# More bars or lines than this nobody can tell apart; the table has all of them.
BARS = 12
LINES = 6


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one bar for each name; None where there is nothing to draw."""

    name: str
    values: Sequence[float | None]
    tone: int = 0  # which of the colours
    running: bool = False  # what is not over yet


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, as charts.js and the page read it."""

    caption: str
    kind: str
    labels: Sequence[Any]
    series: Sequence[Series]
    unit: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """For the script."""
        return asdict(self)


def charts_of(tables: Mapping[str, Table]) -> dict[str, Chart]:
    """The charts of the tables in which there is something to see, by name."""
    charts = {}
    if any(row[1] for row in tables["downloads"][1]):
        charts["downloads"] = _over_time(tables["downloads"], 1, gettext("Downloads day by day"))
    if tables["members"][1]:
        caption = gettext("Members month by month")
        charts["members"] = _over_time(tables["members"], 4, caption)
        charts["moves"] = _moves(tables["members"])
    if tables["plans"][1]:
        charts["plans"] = _plans(tables["plans"])
    charts.update(_revenue(tables["revenue"]))
    if any(row[-1] for row in tables["episodes"][1]):
        charts["episodes"] = _episodes(tables["episodes"])
    for name, column, caption in (
        ("apps", 1, gettext("Downloads by app")),
        ("completion", 3, gettext("How many heard each episode to the end")),
    ):
        if tables[name][1]:
            charts[name] = _bars(tables[name], column, caption)
    return charts


def _number(cell: object) -> float | None:
    if isinstance(cell, Share):
        return round(cell.value, 4)
    value = plain(cell)
    return None if value is None or isinstance(value, str) else float(value)  # type: ignore[arg-type]


def _over_time(table: Table, column: int, caption: str, unit: str = "") -> Chart:
    headings, rows = table
    values = [_number(row[column]) for row in rows]
    return Chart(
        caption, "time", [plain(row[0]) for row in rows], [Series(headings[column], values)], unit
    )


def _moves(table: Table) -> Chart:
    headings, rows = table
    return Chart(
        gettext("Who came and who left, month by month"),
        "moves",
        [plain(row[0]) for row in rows],
        [
            Series(headings[1], [row[1] for row in rows]),
            Series(headings[2], [-row[2] for row in rows], tone=1),
        ],
    )


def _plans(table: Table) -> Chart:
    labels = sorted({str(plain(row[1])) for row in table[1]})
    members: dict[str, dict[object, float]] = {}
    for row in table[1]:
        members.setdefault(row[0], {})[plain(row[1])] = row[5]
    most = sorted(members.items(), key=lambda item: -max(item[1].values()))[:LINES]
    return Chart(
        gettext("Members of each plan, month by month"),
        "time",
        labels,
        [
            Series(name, [of_plan.get(label) for label in labels], tone)
            for tone, (name, of_plan) in enumerate(most)
        ],
    )


def _revenue(table: Table) -> dict[str, Chart]:
    """One for each currency: their scales have nothing in common."""
    captions = {
        number: gettext("Recurring revenue in %(currency)s, month by month", currency=code)
        for number, code in enumerate(table[0])
    }
    return {
        f"revenue-{code.lower()}": _over_time(table, number, captions[number], code)
        for number, code in enumerate(table[0])
        if number and table[1]
    }


def _episodes(table: Table) -> Chart:
    """The first days of the newest episodes: shorter spans are part of the longer ones."""
    headings, rows = table
    rows = list(islice((row for row in rows if row[-1]), BARS))
    spans = range(2, 2 + len(SPANS))
    series = [Series(gettext("so far"), [_so_far(row[spans[-1]]) for row in rows], running=True)]
    series += [
        Series(
            headings[column],
            [None if isinstance(row[column], SoFar) else _number(row[column]) for row in rows],
            tone=column - spans[0],
        )
        for column in reversed(spans)
    ]
    caption = gettext("Downloads of the newest episodes in their first days")
    return Chart(caption, "bars", [row[0] for row in rows], series)


def _so_far(cell: object) -> int | None:
    return cell.value if isinstance(cell, SoFar) else None


def _bars(table: Table, column: int, caption: str) -> Chart:
    headings, rows = table
    unit = "share" if rows and isinstance(rows[0][column], Share) else ""
    series = [Series(headings[column], [_number(row[column]) for row in rows[:BARS]])]
    return Chart(caption, "bars", [row[0] for row in rows[:BARS]], series, unit)
