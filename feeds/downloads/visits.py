"""What each app last asked of a private feed: one row for a feed and an app."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from feeds.downloads.agents import OTHER, Classifier, feed_app, storable
from feeds.downloads.record import FeedPoll
from feeds.models import FeedVisit

# Nobody has so many; what invents a name for every request ends in one row.
MOST_APPS = 20

Visits = dict[tuple[int, str], dict[str, Any]]


def note_visits(session: Session, polls: Iterable[FeedPoll], classify: Classifier) -> None:
    """Remember the polls, the latest of each feed and app."""
    visits = _latest(polls, classify)
    visits = _few_names(visits, _crowded(session, {feed_id for feed_id, _ in visits}))
    if not visits:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(FeedVisit)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["feed_id", "app"],
        set_={
            "last_at": new.last_at,
            "last_status": new.last_status,
            "by_server": new.by_server,
        },
        where=FeedVisit.last_at <= new.last_at,
    )
    # In one order for all writers, or two of them could wait for each other.
    session.execute(statement, [visits[which] for which in sorted(visits)])


def _latest(polls: Iterable[FeedPoll], classify: Classifier) -> Visits:
    visits: Visits = {}
    for poll in sorted(polls, key=lambda poll: poll.at):
        app = storable(feed_app(poll.user_agent, classify))
        at = datetime.fromtimestamp(poll.at, UTC)
        visits[poll.feed_id, app] = {
            "feed_id": poll.feed_id,
            "app": app,
            "by_server": classify(poll.user_agent).server_crawler,
            "first_at": at,
            "last_at": at,
            "last_status": poll.status,
        }
    return visits


def _crowded(session: Session, feed_ids: set[int]) -> dict[int, set[str]]:
    """The feeds that have all the apps they may have, with their names."""
    full = (
        select(FeedVisit.feed_id)
        .where(FeedVisit.feed_id.in_(feed_ids))
        .group_by(FeedVisit.feed_id)
        .having(func.count() >= MOST_APPS)
    )
    names: dict[int, set[str]] = {feed_id: set() for feed_id in session.scalars(full)}
    if names:
        known = select(FeedVisit.feed_id, FeedVisit.app).where(FeedVisit.feed_id.in_(names))
        for feed_id, app in session.execute(known):
            names[feed_id].add(app)
    return names


def _few_names(visits: Visits, crowded: dict[int, set[str]]) -> Visits:
    kept: Visits = {}
    for (feed_id, app), visit in visits.items():
        known = feed_id not in crowded or app in crowded[feed_id]
        name = app if known else OTHER
        kept[feed_id, name] = {**visit, "app": name}
    return kept
