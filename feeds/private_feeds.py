"""A member's private feeds: open one, name it, reset it, close it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from feeds.models import LedgerEntry, PrivateFeed
from feeds.tokens import FEED, MEDIA, Tokens, new_feed_key


def open_feed(
    session: Session, *, member_id: int, show_id: int, name: str, signing_key: str, now: datetime
) -> PrivateFeed:
    """Make a new private feed, also for a member without payment."""
    feed = PrivateFeed(
        key=new_feed_key(),
        member_id=member_id,
        show_id=show_id,
        name=name,
        signing_key=signing_key,
        state="open",
        created_at=now,
    )
    session.add(feed)
    session.flush()
    return feed


def ensure_feed(
    session: Session, *, member_id: int, show_id: int, signing_key: str, now: datetime
) -> PrivateFeed:
    """The member's oldest open feed of the show, made when there is none.

    Paying again finds the same feed, so its address survives a lapse.
    """
    return find_feed(session, member_id, show_id) or open_feed(
        session,
        member_id=member_id,
        show_id=show_id,
        name="",
        signing_key=signing_key,
        now=now,
    )


def find_feed(
    session: Session, member_id: int, show_id: int, name: str | None = None
) -> PrivateFeed | None:
    """The oldest open feed of a member for a show, by name if one is given."""
    query = select(PrivateFeed).where(
        PrivateFeed.member_id == member_id,
        PrivateFeed.show_id == show_id,
        PrivateFeed.state == "open",
    )
    if name is not None:
        query = query.where(PrivateFeed.name == name)
    return session.scalars(query.order_by(PrivateFeed.id)).first()


def feeds_of(session: Session, member_id: int, show_id: int | None = None) -> list[PrivateFeed]:
    """All feeds a member ever had, oldest first, closed ones included."""
    query = select(PrivateFeed).where(PrivateFeed.member_id == member_id)
    if show_id is not None:
        query = query.where(PrivateFeed.show_id == show_id)
    return list(session.scalars(query.order_by(PrivateFeed.id)))


def replace_feed(
    session: Session,
    feed: PrivateFeed,
    *,
    signing_key: str,
    notice: timedelta,
    cause: Cause,
    now: datetime,
) -> PrivateFeed:
    """Reset a feed: a new address under the same name; the old one says so for ``notice``."""
    fresh = open_feed(
        session,
        member_id=feed.member_id,
        show_id=feed.show_id,
        name=feed.name,
        signing_key=signing_key,
        now=now,
    )
    feed.state, feed.closes_at, feed.replaced_by_id = "replaced", now + notice, fresh.id
    _write_down(session, feed, "feed_replaced", cause, now)
    return fresh


def revoke_feed(session: Session, feed: PrivateFeed, *, cause: Cause, now: datetime) -> None:
    """Close a feed for good; it answers 410 from now on."""
    if feed.state == "revoked":
        return
    feed.state, feed.closes_at = "revoked", now
    _write_down(session, feed, "feed_revoked", cause, now)


def feed_url(tokens: Tokens, public_url: str, feed: PrivateFeed) -> str:
    """The secret address to put into a podcast app."""
    return f"{public_url}/f/{tokens.mint(FEED, feed.key, feed.signing_key)}"


def media_token(tokens: Tokens, feed: PrivateFeed) -> str:
    """The token in the feed's enclosures."""
    return tokens.mint(MEDIA, feed.key, feed.signing_key)


def _write_down(
    session: Session, feed: PrivateFeed, action: str, cause: Cause, now: datetime
) -> None:
    session.add(
        LedgerEntry(
            at=now,
            member_id=feed.member_id,
            show_id=feed.show_id,
            action=action,
            actor=cause.actor,
            reason=cause.reason or f"feed {feed.name!r}",
        )
    )
    session.flush()
