"""Raw hits become daily counts: only what changed, as often as wanted, always the same result.

What is due is told by the database (``counted_days``): an episode's day is counted anew, from
all its raw hits, whenever hits were added since, so late ones count and a crash repeats safely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.count import CountingRules, Download, Hit, Play, count_downloads, count_plays
from feeds.downloads.models import BusyAddress, CountedDay, DailyDownload, MemberPlay, RawHit

# Pairs of episode and user agent that one address may have on one day, members' hits aside.
# A school behind one address has hundreds; a farm of downloads has thousands.
BUSY_LIMIT = 2000

_DUE = (CountedDay.hits_version > CountedDay.counted_version) & ~CountedDay.raw_expired
_HIT_COLUMNS = [getattr(RawHit, name) for name in Hit.__dataclass_fields__]


def roll_up(
    sessions: sessionmaker[Session],
    rules: CountingRules,
    now: datetime,
    busy_limit: int = BUSY_LIMIT,
) -> int:
    """Count every episode's day that has new hits; returns how many were counted.

    Each in a transaction of its own, after counting, so that writers wait for milliseconds.
    """
    with _reading(sessions) as session:
        days = session.scalars(select(CountedDay.day).where(_DUE).distinct()).all()
    counted = 0
    for day in sorted(days):
        excluded = _exclude_busy_addresses(sessions, day, busy_limit)
        day_rules = replace(rules, excluded_addresses=excluded)
        with _reading(sessions) as session:
            due = select(CountedDay.episode_key).where(_DUE, CountedDay.day == day)
            keys = session.scalars(due.order_by(CountedDay.episode_key)).all()
        for key in keys:
            counted += _count_day(sessions, day, key, day_rules, now)
    return counted


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
        hits = load_hits(session, day, key)
    downloads, plays = count_downloads(hits, rules), count_plays(hits, rules)
    with sessions.begin() as session:
        if version is None or not _claim(session, day, key, version, now):
            return False
        _replace_counts(session, day, key, downloads, plays)
    return True


def load_hits(session: Session, day: date, episode_key: str) -> list[Hit]:
    """The raw hits of one episode on one UTC day."""
    rows = session.execute(
        select(*_HIT_COLUMNS).where(RawHit.day == day, RawHit.episode_key == episode_key)
    )
    return [Hit(*row) for row in rows]


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
    session: Session, day: date, key: str, downloads: Sequence[Download], plays: Sequence[Play]
) -> None:
    for table in (DailyDownload, MemberPlay):
        session.execute(delete(table).where(table.day == day, table.episode_key == key))
    if rows := daily_rows(downloads):
        session.execute(insert(DailyDownload), rows)
    if plays:
        session.execute(insert(MemberPlay), [_play_row(play) for play in plays])


def daily_rows(downloads: Sequence[Download]) -> list[dict[str, Any]]:
    """Downloads added up per day, episode, app, device and country."""
    totals: Counter[tuple[date, str, str, str, str]] = Counter()
    by_request: Counter[tuple[date, str, str, str, str]] = Counter()
    for d in downloads:
        group = (d.day, d.episode_key, d.app[:80], d.device, d.country or "")
        totals[group] += 1
        by_request[group] += d.request_based
    names = ("day", "episode_key", "app", "device", "country")
    return [
        {**dict(zip(names, group, strict=True)), "downloads": n, "request_based": by_request[group]}
        for group, n in sorted(totals.items())
    ]


def _play_row(play: Play) -> dict[str, Any]:
    return {
        "day": play.day,
        "episode_key": play.episode_key,
        "member_id": play.member_id,
        "request_based": play.request_based,
    }


def _exclude_busy_addresses(
    sessions: sessionmaker[Session], day: date, limit: int
) -> frozenset[str]:
    with _reading(sessions) as session:
        known = set(session.scalars(select(BusyAddress.ip_hash).where(BusyAddress.day == day)))
        found = set(session.scalars(_busy_on(day, limit)))
    if new := found - known:
        with sessions.begin() as session:
            session.execute(
                insert(BusyAddress), [{"day": day, "ip_hash": ip_hash} for ip_hash in sorted(new)]
            )
            _count_their_episodes_again(session, day, new)
    return frozenset(known | found)


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
