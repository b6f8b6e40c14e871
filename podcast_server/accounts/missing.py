"""What somebody whose membership ended no longer hears, so that they know what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from feeds.access import Entitlement, Window, entitlement_at, may_hear
from feeds.rendering.assemble import facts_of

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """How many episodes left the feed or came out since, and the titles of the newest."""

    count: int = 0
    titles: tuple[str, ...] = ()


def missing_of(
    session: Session, show_id: int, windows: tuple[Window, ...], now: datetime
) -> Missing:
    """The episodes that the memberships somebody had would open today, and nothing else does."""
    moment = now.timestamp()
    today = entitlement_at(windows, moment)
    before = Entitlement(
        tuple(
            sorted({(scope, number) for scope, number, *_ in windows if scope in {"show", "tier"}})
        )
    )
    rows = session.scalars(
        select(Episode)
        .where(Episode.show_id == show_id, Episode.state == "ready", Episode.publish_at <= now)
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
    )
    lost = [
        row.title
        for row in rows
        if may_hear(before, facts_of(row), moment) and not may_hear(today, facts_of(row), moment)
    ]
    return Missing(len(lost), tuple(lost[:SHOWN]))
