"""The verdicts as a table for a spreadsheet, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from podcast_server.moving.members.models import ImportedRow
from podcast_server.moving.members.verdicts import REASONS, Verdict

HEADER = ("line", "email", "name", "tier", "verdict", "reason", "detail", "until")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, and that stays on its line."""
    cell = " ".join(cell.split())
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "|", "%")) else cell


def table_of(rows: Iterable[Verdict | ImportedRow]) -> str:
    """All rows as CSV (RFC 4180), in the file's order."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow([harmless(cell) for cell in _cells(row)])
    return sheet.getvalue()


def _cells(row: Verdict | ImportedRow) -> list[str]:
    until = "" if row.ends_at is None else row.ends_at.date().isoformat()
    what = row.entry if isinstance(row, Verdict) else row
    return [
        str(what.number),
        row.email or what.email,
        what.name,
        what.tier,
        row.word if isinstance(row, Verdict) or row.state != "problem" else "problem",
        REASONS.get(row.reason, row.reason),
        row.detail,
        until,
    ]
