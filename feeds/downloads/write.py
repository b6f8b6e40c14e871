"""What the buffer gathered becomes rows: hits without addresses, and a feed's last fetch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.agents import Classifier, built_in_agents, feed_app, storable
from feeds.downloads.bulk import insert_rows
from feeds.downloads.country import CountryOf, no_country
from feeds.downloads.models import CountedDay, LostHits, RawHit
from feeds.downloads.privacy import hash_address
from feeds.downloads.ranges import read_range
from feeds.downloads.record import Entry, FeedPoll, MediaHit
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
    """Add the hits, mark their days as uncounted, and note the last fetch of polled feeds.

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
        _add_hits(session, hits, secret, country_of, classify)


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


def _add_hits(
    session: Session,
    hits: Sequence[MediaHit],
    secret: bytes,
    country_of: CountryOf,
    classify: Classifier,
) -> None:
    feed_apps = _feed_apps(session, hits, classify)
    rows = [_row(hit, secret, country_of, app) for hit, app in zip(hits, feed_apps, strict=True)]
    insert_rows(session.connection(), cast("Table", RawHit.__table__), _COLUMNS, rows)
    _mark_uncounted(session, {(row[1], row[2]) for row in rows})


_COLUMNS = (
    "at",
    "day",
    "episode_key",
    "feed_id",
    "member_id",
    "method",
    "status",
    "range_start",
    "range_end",
    "bytes_served",
    "file_bytes",
    "minute_bytes",
    "ip_hash",
    "user_agent",
    "country",
    "feed_app",
)


def _row(hit: MediaHit, secret: bytes, country_of: CountryOf, feed_app: str) -> tuple[Any, ...]:
    """The values of _COLUMNS."""
    at = datetime.fromtimestamp(hit.at, UTC)
    day = at.date()
    start, end = read_range(hit.range_header, hit.file_bytes)
    return (
        at,
        day,
        hit.episode_key,
        hit.feed_id,
        hit.member_id,
        hit.method[:8],
        hit.status,
        start,
        end,
        hit.bytes_served,
        hit.file_bytes,
        hit.minute_bytes,
        hash_address(hit.address, day, secret),
        storable(hit.user_agent),
        country_of(hit.address),
        feed_app,
    )


def _feed_apps(session: Session, hits: Sequence[MediaHit], classify: Classifier) -> list[str]:
    # Only a library needs the feed to tell whose it is, so most batches ask nothing.
    nameless = [
        hit.feed_id if hit.feed_id and classify(hit.user_agent).kind == "library" else None
        for hit in hits
    ]
    wanted = {feed_id for feed_id in nameless if feed_id}
    if not wanted:
        return [""] * len(hits)
    found = session.execute(
        select(PrivateFeed.id, PrivateFeed.last_app).where(PrivateFeed.id.in_(wanted))
    )
    apps = {row.id: row.last_app for row in found}
    return [apps.get(feed_id or 0, "") for feed_id in nameless]


def _mark_uncounted(session: Session, touched: set[tuple[Any, str]]) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(CountedDay).values(
        day=bindparam("the_day"),
        episode_key=bindparam("the_episode"),
        hits_version=1,
        counted_version=0,
        raw_expired=False,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["day", "episode_key"],
        set_={"hits_version": CountedDay.hits_version + 1},
    )
    # In one order for all writers, or two of them could wait for each other.
    rows = [{"the_day": day, "the_episode": key} for day, key in sorted(touched)]
    session.connection().execute(statement, rows)


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
