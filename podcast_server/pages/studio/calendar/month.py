"""A month of a show: its weeks, and what comes out on each day where the show is at home."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from episodes.publishing import Status, status_of

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """An episode on its day; ``at`` is the time of the show's zone."""

    episode: Episode
    at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid, which may belong to a neighbouring month."""

    date: date
    in_month: bool
    entries: tuple[Entry, ...]


def read_month(text: str, today: date) -> date:
    """The first day of the month of ``2026-11``; of today's month for anything else."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        asked = today
    return min(max(asked.replace(day=1), FIRST), LAST)


def month_after(first: date, count: int) -> date:
    """The first day of the month so many months later, or before for a negative count."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def dates_of(first: date, first_weekday: int) -> list[list[date]]:
    """The weeks that show a month whole; ``first_weekday`` counts from 0, a Monday."""
    return calendar.Calendar(first_weekday).monthdatescalendar(first.year, first.month)


def weeks_of(weeks: list[list[date]], month: int, entries: Iterable[Entry]) -> list[list[Day]]:
    """The grid of a month with everything on its day."""
    by_day: dict[date, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.at.date(), []).append(entry)
    return [
        [Day(each, each.month == month, tuple(by_day.get(each, ()))) for each in week]
        for week in weeks
    ]


def entries_between(
    session: Session, show_id: int, days: tuple[date, date], zone: ZoneInfo, now: datetime
) -> list[Entry]:
    """Episodes that have a time from the first to the last day, both included, by time.

    Days begin at midnight of the zone, however long they are.
    """
    begin = datetime.combine(days[0], datetime.min.time(), zone)
    end = datetime.combine(days[1] + timedelta(days=1), datetime.min.time(), zone)
    query = select(Episode).where(
        Episode.show_id == show_id,
        Episode.state != "deleted",
        Episode.publish_at >= begin,
        Episode.publish_at < end,
    )
    found = session.scalars(query.order_by(Episode.publish_at, Episode.id))
    return [
        Entry(episode, episode.publish_at.astimezone(zone), status_of(episode, now))
        for episode in found
        if episode.publish_at is not None
    ]


def without_a_time(session: Session, show_id: int) -> list[Episode]:
    """Episodes that wait for a day, oldest first; at most fifty."""
    query = select(Episode).where(
        Episode.show_id == show_id, Episode.state == "draft", Episode.publish_at.is_(None)
    )
    return list(session.scalars(query.order_by(Episode.id).limit(50)))
