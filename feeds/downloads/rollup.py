"""Raw hits become daily counts: only what changed, as often as wanted, always the same result.

What is due is told by the database (``counted_days``): an episode's day is counted anew, from
all its raw hits, whenever hits were added since, so late ones count and a crash repeats safely.
Hits are read listener by listener, so that memory does not grow with them; where there are very
many, days are counted less often.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby, starmap
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, sessionmaker

from feeds.downloads.bulk import insert_rows
from feeds.downloads.count import CountingRules, Download, Hit, Play, count_downloads, count_plays
from feeds.downloads.models import BusyAddress, CountedDay, DailyDownload, MemberPlay, RawHit

# Pairs of episode and user agent that one address may have on one day, members' hits aside.
# A school behind one address has hundreds; a farm of downloads has thousands.
BUSY_LIMIT = 2000

_PASS_SECONDS = 20.0
_SHORT_SECONDS = 10.0
_REST = 3.0  # times as long as the pass took
_ROWS_AT_ONCE = 2000
_PLAYS_AT_ONCE = 20_000

_DUE = (CountedDay.hits_version > CountedDay.counted_version) & ~CountedDay.raw_expired
_HIT_COLUMNS = [getattr(RawHit, name) for name in Hit.__dataclass_fields__]


class Pace:
    """Counting must not keep a worker from its other jobs, nor a core busy for good.

    A pass ends after twenty seconds, and the next begins when three times as long has passed as
    it took. What is still due is told by the database, and what waited longest comes first.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._rests_until = 0.0

    def may_begin(self) -> bool:
        """Whether the rest after the last pass is over; then a pass begins."""
        self._began = self._clock()
        return self._rests_until <= self._began

    def is_over(self) -> bool:
        """Whether this pass has taken long enough."""
        return self._clock() - self._began > _PASS_SECONDS

    def end(self) -> None:
        """The pass is done; a short one needs no rest, since a minute passes before the next."""
        took = self._clock() - self._began
        self._rests_until = self._clock() + (_REST * took if took > _SHORT_SECONDS else 0.0)


def roll_up(
    sessions: sessionmaker[Session],
    rules: CountingRules,
    now: datetime,
    busy_limit: int = BUSY_LIMIT,
    pace: Pace | None = None,
) -> int:
    """Count every episode's day that has new hits; returns how many were counted.

    Each in a transaction of its own, after counting, so that writers wait for milliseconds.
    """
    pace = pace or Pace()
    if not pace.may_begin():
        return 0
    counted = 0
    rules_of: dict[date, CountingRules] = {}
    while True:
        found_busy = False
        for day, key in _due_days(sessions):
            if day not in rules_of:
                known, new = _exclude_busy_addresses(sessions, day, busy_limit)
                rules_of[day] = replace(rules, excluded_addresses=known | new)
                found_busy |= bool(new)
            counted += _count_day(sessions, day, key, rules_of[day], now)
            if pace.is_over():
                break
        if pace.is_over() or not found_busy:  # whose other episodes are due, too
            pace.end()
            return counted


def _due_days(sessions: sessionmaker[Session]) -> list[tuple[date, str]]:
    """Days of episodes that have new hits, what was never or longest ago counted first."""
    order = (CountedDay.counted_at.asc().nulls_first(), CountedDay.day, CountedDay.episode_key)
    with _reading(sessions) as session:
        rows = session.execute(
            select(CountedDay.day, CountedDay.episode_key).where(_DUE).order_by(*order)
        )
        return [(row.day, row.episode_key) for row in rows]


def count_again(session: Session, since: date) -> int:
    """Mark all days from ``since`` on as due, for instance after the list of agents changed.

    Days whose raw hits are gone keep their count. Returns how many episodes' days are due.
    """
    result = session.execute(
        update(CountedDay)
        .where(CountedDay.day >= since, ~CountedDay.raw_expired)
        .values(hits_version=CountedDay.hits_version + 1)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def miscounted_days(session: Session, rules: CountingRules) -> Iterator[tuple[date, str]]:
    """Days of episodes whose raw hits say something else than what was counted from them.

    What new hits have made due again is not looked at. Reads every raw hit.
    """
    days = session.execute(
        select(CountedDay.day, CountedDay.episode_key)
        .where(~CountedDay.raw_expired, CountedDay.counted_version == CountedDay.hits_version)
        .order_by(CountedDay.day, CountedDay.episode_key)
    ).all()
    for day, key in days:
        busy = session.scalars(select(BusyAddress.ip_hash).where(BusyAddress.day == day))
        of_day = replace(rules, excluded_addresses=frozenset(busy))
        again = sum(
            len(count_downloads(hits, of_day)) for hits in _by(session, day, key, RawHit.ip_hash)
        )
        counted = select(func.coalesce(func.sum(DailyDownload.downloads), 0)).where(
            DailyDownload.day == day, DailyDownload.episode_key == key
        )
        if again != session.scalar(counted):
            yield day, key
    known = select(CountedDay.episode_key).where(
        CountedDay.day == RawHit.day, CountedDay.episode_key == RawHit.episode_key
    )
    never = select(RawHit.day, RawHit.episode_key).where(~known.exists()).distinct()
    yield from ((day, key) for day, key in session.execute(never))


@contextmanager
def _reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        # On SQLite a transaction that says so takes no lock and waits for none.
        session.connection(execution_options={"read_only": True})
        yield session


def _count_day(
    sessions: sessionmaker[Session], day: date, key: str, rules: CountingRules, now: datetime
) -> bool:
    with _reading(sessions) as session:
        # The version first: hits that come in between then belong to a later version.
        version = session.scalar(
            select(CountedDay.hits_version).where(
                CountedDay.day == day, CountedDay.episode_key == key
            )
        )
        downloads = DailyTotals()
        for hits in _by(session, day, key, RawHit.ip_hash):
            downloads.add(count_downloads(hits, rules))
        plays = MemberPlays()
        for hits in _by(session, day, key, RawHit.member_id):
            plays.add(count_plays(hits, rules))
    with sessions.begin() as session:
        if version is None or not _claim(session, day, key, version, now):
            return False
        _replace_counts(session, day, key, downloads, plays)
    return True


def _by(
    session: Session, day: date, key: str, whose: InstrumentedAttribute[Any]
) -> Iterator[list[Hit]]:
    """The raw hits of one episode on one UTC day, in lists that part no address or member."""
    place = _HIT_COLUMNS.index(whose)
    rows = session.execute(
        select(*_HIT_COLUMNS)
        .where(RawHit.day == day, RawHit.episode_key == key, whose.is_not(None))
        .order_by(whose)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    hits: list[Hit] = []
    for _whose, theirs in groupby(rows, key=itemgetter(place)):
        hits += starmap(Hit, theirs)
        if len(hits) >= _ROWS_AT_ONCE:
            yield hits
            hits = []
    yield hits


def _claim(session: Session, day: date, key: str, version: int, now: datetime) -> bool:
    # Another process may have counted a later version meanwhile: then ours is old news.
    result = session.execute(
        update(CountedDay)
        .where(CountedDay.day == day, CountedDay.episode_key == key)
        .where(CountedDay.counted_version < version, ~CountedDay.raw_expired)
        .values(counted_version=version, counted_at=now)
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def _replace_counts(
    session: Session, day: date, key: str, downloads: DailyTotals, plays: MemberPlays
) -> None:
    for each in (DailyDownload, MemberPlay):
        session.execute(delete(each).where(each.day == day, each.episode_key == key))
    if rows := downloads.rows():
        session.execute(insert(DailyDownload), rows)
    table, names = cast("Table", MemberPlay.__table__), ("day", "episode_key", *MemberPlays.NAMES)
    for some in plays.portions():
        heard = [(day, key, member_id, request_based) for member_id, request_based in some]
        insert_rows(session.connection(), table, names, heard)


class DailyTotals:
    """Downloads added up per day, episode, app, device and country."""

    def __init__(self) -> None:
        self._totals: Counter[tuple[date, str, str, str, str]] = Counter()
        self._by_request: Counter[tuple[date, str, str, str, str]] = Counter()

    def add(self, downloads: Iterable[Download]) -> None:
        """Count some more."""
        for d in downloads:
            group = (d.day, d.episode_key, d.app[:80], d.device, d.country or "")
            self._totals[group] += 1
            self._by_request[group] += d.request_based

    def rows(self) -> list[dict[str, Any]]:
        """As ``daily_downloads`` holds them."""
        names = ("day", "episode_key", "app", "device", "country")
        return [
            dict(zip(names, group, strict=True))
            | {"downloads": count, "request_based": self._by_request[group]}
            for group, count in sorted(self._totals.items())
        ]


class MemberPlays:
    """Which members heard an episode on a day, in nine bytes each: there may be a million."""

    NAMES = ("member_id", "request_based")

    def __init__(self) -> None:
        self._members = array("q")
        self._by_request = bytearray()

    def add(self, plays: Iterable[Play]) -> None:
        """Remember some more."""
        for play in plays:
            self._members.append(play.member_id)
            self._by_request.append(play.request_based)

    def portions(self) -> Iterator[Iterable[tuple[int, bool]]]:
        """The values of NAMES, some thousands at a time."""
        for start in range(0, len(self._members), _PLAYS_AT_ONCE):
            some = slice(start, start + _PLAYS_AT_ONCE)
            yield zip(self._members[some], map(bool, self._by_request[some]), strict=True)


def _exclude_busy_addresses(
    sessions: sessionmaker[Session], day: date, limit: int
) -> tuple[frozenset[str], frozenset[str]]:
    """(those known before, those found now); what the new ones were counted in is due again."""
    with _reading(sessions) as session:
        known = set(session.scalars(select(BusyAddress.ip_hash).where(BusyAddress.day == day)))
        found = set(session.scalars(_busy_on(day, limit)))
    if new := found - known:
        with sessions.begin() as session:
            session.execute(
                insert(BusyAddress), [{"day": day, "ip_hash": ip_hash} for ip_hash in sorted(new)]
            )
            _count_their_episodes_again(session, day, new)
    return frozenset(known), frozenset(new)


def _busy_on(day: date, limit: int) -> Any:
    pairs = (
        select(RawHit.ip_hash, RawHit.episode_key, RawHit.user_agent)
        .where(RawHit.day == day, RawHit.member_id.is_(None), RawHit.ip_hash != "")
        .distinct()
        .subquery()
    )
    return select(pairs.c.ip_hash).group_by(pairs.c.ip_hash).having(func.count() > limit)


def _count_their_episodes_again(session: Session, day: date, addresses: set[str]) -> None:
    touched = select(RawHit.episode_key).where(RawHit.day == day, RawHit.ip_hash.in_(addresses))
    session.execute(
        update(CountedDay)
        .where(CountedDay.day == day, CountedDay.episode_key.in_(touched))
        .values(hits_version=CountedDay.hits_version + 1)
        .execution_options(synchronize_session=False)
    )
