"""What the buffer gathered goes to the database: hits in a parcel, without addresses, and each
feed's last fetch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.agents import Classifier, built_in_agents, feed_app, storable
from feeds.downloads.country import CountryOf, no_country
from feeds.downloads.models import LostHits
from feeds.downloads.parcels import post_parcel
from feeds.downloads.record import Entry, FeedPoll
from feeds.downloads.visits import note_visits
from feeds.models import PrivateFeed

log = logging.getLogger(__name__)


def entry_writer(
    sessions: sessionmaker[Session],
    secret: bytes,
    country_of: CountryOf = no_country,
    classify: Classifier | None = None,
) -> Callable[[list[Entry]], None]:
    """The ``write_batch`` of a HitBuffer: one transaction for a batch.

    ``secret`` salts the hashes of addresses. Errors of the database's absence go through, so
    that the buffer tries again; an entry the database can never take is logged and left.
    """
    agents = classify or built_in_agents()

    def write(entries: list[Entry]) -> None:
        try:
            with sessions.begin() as session:
                write_entries(session, entries, secret, country_of, agents)
        except (DataError, IntegrityError):
            _write_one_by_one(sessions, entries, secret, country_of, agents)

    return write


def loss_counter(
    sessions: sessionmaker[Session], clock: Callable[[], datetime]
) -> Callable[[int], None]:
    """The ``note_lost`` of a HitBuffer: adds to the day's count."""

    def note(count: int) -> None:
        with sessions.begin() as session:
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            row = dialect.insert(LostHits).values(day=clock().date(), count=count)
            session.execute(
                row.on_conflict_do_update(
                    index_elements=[LostHits.day], set_={"count": LostHits.count + count}
                )
            )

    return note


def lost_since(session: Session, day: date) -> int:
    """How many hits and polls were lost on this UTC day and after it."""
    query = select(func.sum(LostHits.count)).where(LostHits.day >= day)
    return int(session.scalar(query) or 0)


def write_entries(
    session: Session,
    entries: Iterable[Entry],
    secret: bytes,
    country_of: CountryOf,
    classify: Classifier,
) -> None:
    """Post the hits for a worker to take in, and note the last fetch of polled feeds.

    HEAD is not kept: it is no download, and some apps send one for every episode they list.
    """
    hits, polls = [], []
    for entry in entries:
        if isinstance(entry, FeedPoll):
            polls.append(entry)
        elif entry.method != "HEAD":
            hits.append(entry)
    if polls:
        _note_polls(session, polls, classify)
    if hits:
        post_parcel(session, hits, secret, country_of)


def _write_one_by_one(
    sessions: sessionmaker[Session],
    entries: Sequence[Entry],
    secret: bytes,
    country_of: CountryOf,
    classify: Classifier,
) -> None:
    for entry in entries:
        try:
            with sessions.begin() as session:
                write_entries(session, [entry], secret, country_of, classify)
        except (DataError, IntegrityError) as error:
            log.warning("an entry the database refuses is left out: %s", error.orig)


def _note_polls(session: Session, polls: Sequence[FeedPoll], classify: Classifier) -> None:
    latest: dict[int, FeedPoll] = {}
    for poll in polls:
        if poll.feed_id not in latest or poll.at >= latest[poll.feed_id].at:
            latest[poll.feed_id] = poll
    table = PrivateFeed.__table__
    at = bindparam("fetched_at", type_=table.c.last_fetched_at.type)
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("feed"))
        .where(or_(table.c.last_fetched_at.is_(None), table.c.last_fetched_at <= at))
        .values(
            last_fetched_at=at,
            first_fetched_at=func.coalesce(table.c.first_fetched_at, at),
            last_app=bindparam("app"),
            last_status=bindparam("answer"),
        )
    )
    rows = [_poll_row(latest[feed_id], classify) for feed_id in sorted(latest)]
    session.connection().execute(statement, rows)
    note_visits(session, polls, classify)


def _poll_row(poll: FeedPoll, classify: Classifier) -> dict[str, Any]:
    return {
        "feed": poll.feed_id,
        "fetched_at": datetime.fromtimestamp(poll.at, UTC),
        "app": storable(feed_app(poll.user_agent, classify)),
        "answer": poll.status,
    }
