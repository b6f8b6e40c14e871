"""What an import remembers of each item of its feed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.rss_import.feed import ForeignItem
from episodes.rss_import.look import Verdict
from episodes.rss_import.models import FeedImport, FeedImportItem


def dates_of(items: tuple[ForeignItem, ...], now: datetime) -> dict[str, datetime]:
    """When each was published; one without a date follows the one above it."""
    dates: dict[str, datetime] = {}
    last = now
    for item in items:
        last = item.published or last - timedelta(seconds=1)
        dates.setdefault(item.guid, last)
    return dates


def note_items(session: Session, found: FeedImport, verdicts: list[Verdict]) -> None:
    """A row for every item. One that was copied or refused by this import keeps saying so."""
    rows = {
        row.guid: row
        for row in session.scalars(
            select(FeedImportItem).where(FeedImportItem.import_id == found.id)
        )
    }
    for position, verdict in enumerate(verdicts):
        item = verdict.item
        guid = item.guid[:512] or f"#{position}"
        if guid in rows and verdict.reason == "another item has the same guid":
            guid = f"{guid[:480]}#{position}"
        row = rows.get(guid)
        if row is None:
            row = rows[guid] = FeedImportItem(import_id=found.id, guid=guid, state="", size=0)
            session.add(row)
        row.position, row.title, row.published = position, item.title, item.published
        row.size = row.size or item.length
        if not (row.state == "copied" and verdict.state == "here"):
            row.state, row.reason = verdict.state, verdict.reason
    session.flush()
