"""Write down what an import is to do: a verdict for each row of its file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from podcast_server.moving.members.columns import entries
from podcast_server.moving.members.imports import (
    Desk,
    choices_of,
    content_of,
    find_import,
    grounds_of,
    read_table,
)
from podcast_server.moving.members.models import ImportedRow
from podcast_server.moving.members.paths import hash_path, old_path
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.verdicts import TAKEN, Verdict, judge

_BATCH = 500


def keep_rows(desk: Desk, number: int, now: datetime) -> None:
    """Write down every row in batches, those that are there already left out; then forget the
    file."""
    with desk.till.reading() as session:
        row = find_import(session, number)
        choices = choices_of(row)
        table = read_table(content_of(row), choices)
        grounds = grounds_of(session, desk, table, choices, now)
        known = session.scalar(
            select(func.max(ImportedRow.number)).where(ImportedRow.import_id == number)
        )
        verdicts = judge(session, entries(table.sheet, table.columns), grounds)
        rows = (
            _row(desk, number, choices, verdict)
            for verdict in verdicts
            if verdict.entry.number > (known or 0)
        )
        _write(desk, rows)
    with desk.till.sessions.begin() as session:
        row = find_import(session, number)
        if row.state == "reading":  # else another process was faster
            row.source = "" if table.preset is None else table.preset.key
            row.content, row.state = None, "applying"


def _write(desk: Desk, rows: Iterator[dict[str, Any]]) -> None:
    """Another process may be writing the same rows down."""
    dialect = postgresql if desk.till.engine.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(ImportedRow).on_conflict_do_nothing()
    while batch := list(islice(rows, _BATCH)):
        with desk.till.sessions.begin() as session:
            session.execute(insert, batch)


def _row(desk: Desk, number: int, choices: Choices, verdict: Verdict) -> dict[str, Any]:
    entry, target, taken = verdict.entry, verdict.target, verdict.word in TAKEN
    rights = [] if target is None else target.rights
    return {
        "import_id": number,
        "number": entry.number,
        "email": (verdict.email or entry.email)[:320],
        "name": entry.name,
        "tier": entry.tier[:255],
        "word": verdict.word,
        "reason": verdict.reason,
        "detail": verdict.detail[:255],
        "state": "waiting" if taken else "left",
        "plan_id": None if target is None else target.plan_id,
        "rights": [[each.show_id, each.scope, each.scope_id] for each in rights],
        "shows": [] if target is None else list(target.shows),
        "joined_at": verdict.joined_at,
        "ends_at": verdict.ends_at,
        "customer_ref": entry.customer[:255] if verdict.adopts else "",
        "subscription_ref": entry.subscription[:255] if verdict.adopts else "",
        "old_path_hash": _hash_of_feed(desk, choices, entry.old_feed) if taken else "",
    }


def _hash_of_feed(desk: Desk, choices: Choices, cell: str) -> str:
    try:
        spelled = old_path(cell, choices.old_path)
    except ValueError:
        return ""
    return hash_path(desk.path_secret, spelled) if spelled else ""
