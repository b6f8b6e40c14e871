"""Hits on their way from the processes that answer to the one that counts.

Making rows of hits, with their indexes, costs more than answering did. So a process that answers
posts its hits by the hundred, each parcel one row, and a worker takes the parcels in.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.agents import Classifier, built_in_agents, storable
from feeds.downloads.bulk import insert_rows
from feeds.downloads.country import CountryOf
from feeds.downloads.models import CountedDay, HitParcel, RawHit
from feeds.downloads.privacy import hash_address
from feeds.downloads.ranges import read_range
from feeds.downloads.record import MediaHit
from feeds.models import PrivateFeed

log = logging.getLogger(__name__)

# In one transaction: others who write to SQLite wait for it.
PARCELS_AT_ONCE = 2
_DAY = 86_400


class PostedHit(NamedTuple):
    """One hit in a parcel: what a MediaHit says, with its address made unreadable."""

    at: float
    episode_key: str
    method: str
    status: int
    ip_hash: str
    country: str | None
    user_agent: str
    file_bytes: int
    minute_bytes: int
    range_header: str | None
    bytes_served: int | None
    feed_id: int | None
    member_id: int | None


def post_parcel(
    session: Session, hits: Sequence[MediaHit], secret: bytes, country_of: CountryOf
) -> None:
    """Leave hits for a worker. ``secret`` salts the hashes of addresses."""
    # Column by column: it is done by processes that answer, and costs half as much.
    at, episode_key, method, status, addresses, *others = zip(*hits, strict=True)
    days = [int(moment // _DAY) for moment in at]
    hashes = [_hash(*each, secret) for each in zip(addresses, days, strict=True)]
    countries = [country_of(address) for address in addresses]
    columns = (at, episode_key, method, status, hashes, countries, *others)
    posted = _as_json(list(zip(*columns, strict=True)))
    session.connection().execute(_POST, {"hits": posted})


def _as_json(rows: list[tuple[Any, ...]]) -> str:
    try:
        return orjson.dumps(rows).decode()
    except TypeError:  # a name that is no text (half of a surrogate pair)
        return json.dumps(rows)


_POST = cast("Table", HitParcel.__table__).insert()


@lru_cache(maxsize=20_000)
def _hash(address: str, days: int, secret: bytes) -> str:
    return hash_address(address, datetime.fromtimestamp(days * _DAY, UTC).date(), secret)


def _at_once(_seconds: float) -> bool:
    return False


def take_in_parcels(
    sessions: sessionmaker[Session],
    classify: Classifier | None = None,
    rest: Callable[[float], bool] = _at_once,
) -> int:
    """Make rows of all hits that wait; returns how many hits there were.

    As many workers as there are may do so at the same time: each parcel is taken in once. After
    every transaction ``rest`` is told how many seconds it took, and says whether to stop here.
    """
    agents, taken = classify or built_in_agents(), 0
    while _any_waits(sessions):
        began = time.monotonic()
        with sessions.begin() as session:
            some = take_in_some(session, agents)
        taken += some
        # Without any, others have them.
        if not some or rest(time.monotonic() - began):
            break
    return taken


def _any_waits(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        # On SQLite a transaction that says so takes no lock and waits for none.
        session.connection(execution_options={"read_only": True})
        return session.scalar(select(HitParcel.id).limit(1)) is not None


def take_in_some(session: Session, classify: Classifier, most: int = PARCELS_AT_ONCE) -> int:
    """Make rows of the oldest parcels' hits; returns how many hits that were."""
    query = select(HitParcel.id, HitParcel.hits).order_by(HitParcel.id).limit(most)
    parcels = session.execute(query.with_for_update(skip_locked=True)).all()
    if not parcels:
        return 0
    hits = [PostedHit(*each) for parcel in parcels for each in json.loads(parcel.hits)]
    try:
        with session.begin_nested():
            _add_hits(session, hits, classify)
    except (DataError, IntegrityError):
        _add_one_by_one(session, hits, classify)
    session.execute(delete(HitParcel).where(HitParcel.id.in_([each.id for each in parcels])))
    return len(hits)


def _add_one_by_one(session: Session, hits: Sequence[PostedHit], classify: Classifier) -> None:
    for hit in hits:
        try:
            with session.begin_nested():
                _add_hits(session, [hit], classify)
        except (DataError, IntegrityError) as error:
            log.warning("a hit the database refuses is left out: %s", error.orig)


def _add_hits(session: Session, hits: Sequence[PostedHit], classify: Classifier) -> None:
    feed_apps = _feed_apps(session, hits, classify)
    rows = [_row(hit, app) for hit, app in zip(hits, feed_apps, strict=True)]
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


def _row(hit: PostedHit, feed_app: str) -> tuple[Any, ...]:
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
        hit.method,
        hit.status,
        start,
        end,
        hit.bytes_served,
        hit.file_bytes,
        hit.minute_bytes,
        hit.ip_hash,
        storable(hit.user_agent),
        hit.country,
        feed_app,
    )


def _feed_apps(session: Session, hits: Sequence[PostedHit], classify: Classifier) -> list[str]:
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
