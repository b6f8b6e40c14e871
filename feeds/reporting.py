"""A feed in wrong hands: whoever reads its description may have it closed and replaced."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.errors import FeedError
from feeds.grants import Cause
from feeds.models import LedgerEntry, PrivateFeed
from feeds.private_feeds import replace_feed
from feeds.tokens import REPORT, Tokens

MOST_REPORTS = 5  # from one address in WINDOW
WINDOW = timedelta(hours=1)


class TooManyReports(FeedError):
    """One address reports more feeds than anybody comes across."""


def find_reported(session: Session, tokens: Tokens, token: str) -> PrivateFeed | None:
    """The feed a report token is about, closed ones included; None for no such token."""
    key = tokens.read(REPORT, token)
    if key is None:
        return None
    return session.scalars(select(PrivateFeed).where(PrivateFeed.key == key)).first()


def report_feed(
    session: Session,
    feed: PrivateFeed,
    *,
    reporter: str,
    signing_key: str,
    notice: timedelta,
    now: datetime,
) -> PrivateFeed | None:
    """Close the feed and open another for its member; None if it was closed before.

    ``reporter`` tells one address from another without naming it. The new feed has another
    report token, so one report closes one feed. Raises TooManyReports.
    """
    if feed.state != "open":
        return None
    cause = Cause(f"report:{reporter}", "reported by somebody who came across it")
    if _reports_by(session, cause.actor, now - WINDOW) >= MOST_REPORTS:
        raise TooManyReports("too many feeds were reported from one address")
    return replace_feed(session, feed, signing_key=signing_key, notice=notice, cause=cause, now=now)


def _reports_by(session: Session, actor: str, since: datetime) -> int:
    entries = select(func.count()).where(LedgerEntry.actor == actor, LedgerEntry.at > since)
    return session.scalar(entries) or 0
