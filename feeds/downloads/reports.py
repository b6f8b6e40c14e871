"""What was downloaded and played, from the daily counts; how it was counted is always said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, distinct, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from episodes.models import Episode
from feeds.downloads.count import CountingRules, Hit, Play, Refusal, refusal
from feeds.downloads.models import CountedDay, DailyDownload, MemberPlay, RawHit

# The first so many days of an episode that are compared with each other.
SPANS = (7, 30, 90)

# How a number came about: bytes that were served, requests answered by a redirect, or both.
Method = Literal["measured", "request_based", "mixed"]
Dimension = Literal["app", "device", "country"]


@dataclass(frozen=True, slots=True)
class Count:
    """Downloads, and how many of them are known by the request only."""

    downloads: int
    request_based: int

    @property
    def method(self) -> Method:
        """How it was counted, for the label beside the number."""
        if self.request_based == 0:
            return "measured"
        return "request_based" if self.request_based == self.downloads else "mixed"


@dataclass(frozen=True, slots=True)
class EpisodeCount:
    """One episode's downloads: in all, and in its first 7, 30 and 90 days (UTC).

    A span that is not over yet is counted as far as it went; one of an episode that was
    never published is None.
    """

    episode_key: str
    total: Count
    first_days: dict[int, Count | None]
    publish_at: datetime | None

    def is_over(self, span: int, now: datetime) -> bool:
        """Whether its first ``span`` days have passed, so that the count stays as it is."""
        return self.publish_at is not None and self.days_out(now) >= span

    def days_out(self, now: datetime) -> int:
        """How many whole days lie between the day it came out and today."""
        if self.publish_at is None:
            return 0
        return (now.astimezone(UTC).date() - self.publish_at.astimezone(UTC).date()).days


@dataclass(frozen=True, slots=True)
class Period:
    """UTC days, first and last included."""

    first: date
    last: date


def downloads_per_day(
    session: Session, show_id: int, period: Period, episode_key: str | None = None
) -> list[tuple[date, Count]]:
    """Downloads of a show, or of one episode of it, on every day of the period, zeros too."""
    chosen = _of_show(DailyDownload.day, show_id, period, episode_key)
    found = {row[0]: Count(row[1], row[2]) for row in session.execute(chosen)}
    length = (period.last - period.first).days + 1
    days = [period.first + timedelta(days=n) for n in range(max(0, length))]
    return [(day, found.get(day, Count(0, 0))) for day in days]


def downloads_by(
    session: Session,
    dimension: Dimension,
    show_id: int,
    period: Period,
    episode_key: str | None = None,
) -> list[tuple[str, Count]]:
    """Downloads per app, kind of device or country, most first; "" where it is not known."""
    column = getattr(DailyDownload, dimension)
    rows = session.execute(_of_show(column, show_id, period, episode_key))
    counts = [(row[0], Count(row[1], row[2])) for row in rows]
    return sorted(counts, key=lambda item: (-item[1].downloads, item[0]))


def _of_show(
    column: InstrumentedAttribute[Any], show_id: int, period: Period, episode_key: str | None
) -> Select[Any]:
    chosen = (
        select(column, *_SUMS)
        .join(Episode, Episode.key == DailyDownload.episode_key)
        .where(Episode.show_id == show_id)
        .where(DailyDownload.day.between(period.first, period.last))
        .group_by(column)
    )
    return chosen if episode_key is None else chosen.where(Episode.key == episode_key)


_SUMS = (func.sum(DailyDownload.downloads), func.sum(DailyDownload.request_based))


def downloads_per_episode(session: Session, show_id: int) -> list[EpisodeCount]:
    """Every episode of a show with its downloads in all and in its first days, newest first."""
    days = (
        select(DailyDownload.episode_key, DailyDownload.day, *_SUMS)
        .where(DailyDownload.episode_key.in_(select(Episode.key).where(Episode.show_id == show_id)))
        .group_by(DailyDownload.episode_key, DailyDownload.day)
        .subquery()
    )
    _, day, downloads, request_based = days.c
    # Seconds from when it came out to the day's beginning: the day it came out is the first.
    age = extract("epoch", day) - extract("epoch", Episode.publish_at)
    sums: list[ColumnElement[int]] = [func.sum(downloads), func.sum(request_based)]
    for span in SPANS:
        first = and_(age > -_DAY, age <= (span - 1) * _DAY)
        sums += [func.sum(downloads).filter(first), func.sum(request_based).filter(first)]
    rows = session.execute(
        select(Episode.key, Episode.publish_at, *(func.coalesce(each, 0) for each in sums))
        .outerjoin(days, days.c.episode_key == Episode.key)
        .where(Episode.show_id == show_id)
        .group_by(Episode.id, Episode.key, Episode.publish_at)
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
    )
    return [_episode_count(key, publish_at, counts) for key, publish_at, *counts in rows]


_DAY = 86_400


def _episode_count(
    episode_key: str, publish_at: datetime | None, counts: Sequence[int]
) -> EpisodeCount:
    total, *first = [Count(*pair) for pair in zip(counts[::2], counts[1::2], strict=True)]
    first_days: dict[int, Count | None] = dict.fromkeys(SPANS)
    if publish_at is not None:
        first_days.update(zip(SPANS, first, strict=True))
    return EpisodeCount(episode_key, total, first_days, publish_at)


def plays_of_member(
    session: Session, member_id: int, show_id: int | None = None, limit: int = 500
) -> list[Play]:
    """What one member heard and on which UTC days, latest first."""
    chosen = select(MemberPlay).where(MemberPlay.member_id == member_id)
    if show_id is not None:
        chosen = chosen.join(Episode, Episode.key == MemberPlay.episode_key).where(
            Episode.show_id == show_id
        )
    chosen = chosen.order_by(MemberPlay.day.desc(), MemberPlay.episode_key).limit(limit)
    return [
        Play(row.day, row.episode_key, row.member_id, row.request_based)
        for row in session.scalars(chosen)
    ]


def most_active(
    session: Session, show_id: int, period: Period, limit: int = 20
) -> list[tuple[int, int, date]]:
    """The members who heard most: id, plays (episode and UTC day), and the latest day."""
    plays = func.count().label("plays")
    rows = session.execute(
        select(MemberPlay.member_id, plays, func.max(MemberPlay.day))
        .join(Episode, Episode.key == MemberPlay.episode_key)
        .where(Episode.show_id == show_id, MemberPlay.day.between(period.first, period.last))
        .group_by(MemberPlay.member_id)
        .order_by(plays.desc(), MemberPlay.member_id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


@dataclass(frozen=True, slots=True)
class Listening:
    """Members' listening in a period: plays (member, episode, day) and distinct members."""

    plays: int
    members: int


def members_listening(
    session: Session, show_id: int, period: Period, episode_key: str | None = None
) -> Listening:
    """How much members listened to a show, or to one episode of it."""
    chosen = (
        select(func.count(), func.count(distinct(MemberPlay.member_id)))
        .select_from(MemberPlay)
        .join(Episode, Episode.key == MemberPlay.episode_key)
        .where(Episode.show_id == show_id)
        .where(MemberPlay.day.between(period.first, period.last))
    )
    if episode_key is not None:
        chosen = chosen.where(Episode.key == episode_key)
    plays, members = session.execute(chosen).one()
    return Listening(plays, members)


@dataclass(frozen=True, slots=True)
class JudgedHit:
    """One request with the reason it cannot count, or None where it can."""

    hit: Hit
    refused: Refusal | None


def last_hits_of_feed(
    session: Session, feed_id: int, rules: CountingRules, limit: int = 20
) -> list[JudgedHit]:
    """The latest audio requests through one feed, newest first, for whoever must help."""
    columns = [getattr(RawHit, name) for name in Hit.__dataclass_fields__]
    rows = session.execute(
        select(*columns)
        .where(RawHit.feed_id == feed_id)
        .order_by(RawHit.at.desc(), RawHit.id.desc())
        .limit(limit)
    )
    hits = [Hit(*row) for row in rows]
    return [JudgedHit(hit, refusal(hit, rules)) for hit in hits]


def listeners_of_feed(
    session: Session, feed_id: int, period: Period, rules: CountingRules
) -> list[tuple[date, int]]:
    """Distinct addresses a feed's audio went to, per day: many a day hint at a shared link.

    Servers of apps and bots are left out, since many members' apps share them.
    """
    rows = session.execute(
        select(RawHit.day, RawHit.ip_hash, RawHit.user_agent)
        .where(RawHit.feed_id == feed_id, RawHit.day.between(period.first, period.last))
        .where(RawHit.ip_hash != "", RawHit.method == "GET")
        .distinct()
    )
    addresses: dict[date, set[str]] = {}
    for day, ip_hash, user_agent in rows:
        if not rules.classify(user_agent).bot:
            addresses.setdefault(day, set()).add(ip_hash)
    return sorted((day, len(found)) for day, found in addresses.items())


def not_yet_counted(session: Session) -> int:
    """How many episodes' days have hits that no roll-up has seen yet."""
    due = (CountedDay.hits_version > CountedDay.counted_version) & ~CountedDay.raw_expired
    return session.scalar(select(func.count()).select_from(CountedDay).where(due)) or 0
