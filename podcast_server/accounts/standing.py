"""Where a member stands: which shows, until when, and with which feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.access import CARD_FAILING, LAPSED, Window, entitlement_at, parse_windows
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import feeds_of

State = Literal["member", "card_failing", "lapsed", "free"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A member and one show. ``until`` is when the membership runs out, None for never."""

    show: Show
    state: State
    until: datetime | None
    feeds: Sequence[PrivateFeed]


def standings_of(session: Session, member_id: int, now: datetime) -> list[Standing]:
    """One for every show the member has, or had, anything to do with; by title."""
    rows = session.scalars(select(Access).where(Access.member_id == member_id))
    windows = {row.show_id: parse_windows(row.windows) for row in rows}
    feeds: dict[int, list[PrivateFeed]] = {}
    for feed in feeds_of(session, member_id):
        if feed.state == "open":
            feeds.setdefault(feed.show_id, []).append(feed)
    shows = session.scalars(select(Show).where(Show.id.in_({*windows, *feeds})))
    return [
        Standing(
            show,
            state_at(windows.get(show.id, ()), now),
            until_at(windows.get(show.id, ()), now),
            feeds.get(show.id, []),
        )
        for show in sorted(shows, key=lambda show: (show.title.lower(), show.id))
    ]


def state_at(windows: tuple[Window, ...], now: datetime) -> State:
    """How a member's access to a show would be named."""
    entitlement = entitlement_at(windows, now.timestamp())
    if entitlement.notice == LAPSED:
        return "lapsed"
    if entitlement.notice == CARD_FAILING:
        return "card_failing"
    return "member" if entitlement.scopes else "free"


def until_at(windows: tuple[Window, ...], now: datetime) -> datetime | None:
    """When what runs now ends, or when the last of it ended; None for never."""
    moment = now.timestamp()
    ends = [w[3] for w in windows if w[2] <= moment and (w[3] is None or moment < w[3])]
    if not ends:  # nothing runs: when the last one ended
        ends = [w[3] for w in windows if w[3] is not None]
    known = [end for end in ends if end is not None]
    return datetime.fromtimestamp(max(known), UTC) if known and len(known) == len(ends) else None
