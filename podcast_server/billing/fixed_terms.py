"""Memberships for a fixed time (gifts, one payment, a present of the podcaster) that run out.

No provider knows of their end, so what is due is read from the rights themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.access import entitlement_at, parse_windows
from feeds.models import Access, Grant


@dataclass(frozen=True, slots=True)
class FixedTerm:
    """One member's membership of one show that ends, or ended, with nothing after it."""

    member_id: int
    show: Show
    ends_at: datetime

    @property
    def about(self) -> str:
        """Which letter this is, so that it is written once."""
        return f"term:{self.member_id}:{self.show.id}"


def fixed_terms(
    session: Session,
    now: datetime,
    *,
    ahead: timedelta,
    news: timedelta,
    quiet: ColumnElement[bool] | None = None,
) -> Iterator[FixedTerm]:
    """What ends within ``ahead``, or ended within ``news``. Subscriptions are not among it, nor
    are grants of which ``quiet`` holds: of people who do not know of them yet."""
    rows = session.execute(
        select(Grant.member_id, Grant.show_id, Grant.ends_at)
        .where(
            Grant.scope.in_(("show", "tier")),
            Grant.ends_at > now - news,
            Grant.ends_at <= now + ahead,
            # Ended on the day it was given: a refund, or given by mistake.
            Grant.ends_at > Grant.starts_at,
            Grant.source.not_like("subscription:%"),
            Grant.source.not_like("seat:%"),
            true() if quiet is None else ~quiet,
        )
        .distinct()
        .order_by(Grant.member_id, Grant.show_id, Grant.ends_at)
    )
    for member_id, show_id, ends_at in rows:
        if ends_at is not None and not _goes_on(session, member_id, show_id, ends_at):
            yield FixedTerm(member_id, session.get_one(Show, show_id), ends_at)


def _goes_on(session: Session, member_id: int, show_id: int, ends_at: datetime) -> bool:
    """Whether another membership of the show runs on after this end."""
    access = session.get(Access, (member_id, show_id))
    windows = parse_windows(access.windows) if access else ()
    return entitlement_at(windows, ends_at.timestamp() + 1).is_member
