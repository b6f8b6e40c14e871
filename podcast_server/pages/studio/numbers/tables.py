"""The tables of numbers: the page shows them, the charts draw them, and each is a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import dropwhile

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from feeds.downloads.reports import (
    SPANS,
    EpisodeCount,
    Period,
    downloads_by,
    downloads_per_day,
    downloads_per_episode,
    most_active,
)
from podcast_server.accounts.completion import completions
from podcast_server.accounts.models import Member
from podcast_server.billing import numbers
from podcast_server.billing.revenue import months_of_revenue
from podcast_server.pages.studio.numbers.figures import Month, Share, SoFar, Sum, Table


@dataclass(frozen=True, slots=True)
class Asked:
    """Which numbers somebody looks at: of a show, some of them of the last ``days`` days.

    ``play_money``: whether what was paid in test mode counts.
    """

    show_id: int
    now: datetime
    days: int
    play_money: bool = False

    @property
    def period(self) -> Period:
        """The days, today included."""
        today = self.now.astimezone(UTC).date()
        return Period(today - timedelta(days=self.days - 1), today)


def _members(database: Session, asked: Asked) -> Table:
    months = numbers.months_of_members(database, asked.show_id, asked.now)
    return (gettext("Month"), *_counted()), _since_the_first(months)


def _plans(database: Session, asked: Asked) -> Table:
    plans = numbers.months_of_plans(database, asked.show_id, asked.now)
    return (gettext("Plan"), gettext("Month"), *_counted()), [
        (plan.name, *row) for plan in plans for row in _since_the_first(plan.months)
    ]


def _counted() -> Sequence[str]:
    return (
        gettext("New"), gettext("Lost"), gettext("Net"), gettext("Members"), gettext("Churn"),
    )  # fmt: skip


def _since_the_first(months: Sequence[numbers.Month]) -> list[Sequence[object]]:
    """Rows from the month on in which there was a member for the first time."""
    last = months[-1].first
    return [
        (
            Month(each.first, runs=each.first == last),
            each.new,
            each.lost,
            each.new - each.lost,
            each.members,
            Share(each.churn, 1),
        )
        for each in dropwhile(lambda month: month.is_empty, months)
    ]


def _revenue(database: Session, asked: Asked) -> Table:
    """A column for each currency: sums of different ones mean nothing."""
    found = months_of_revenue(database, asked.show_id, asked.now, play_money=asked.play_money)
    if not found:
        return (gettext("Month"),), []
    months = zip(*found.values(), strict=True)
    began = list(dropwhile(lambda month: not any(each.amount for each in month), months))
    last = began[-1][0].first
    return (gettext("Month"), *(currency.upper() for currency in found)), [
        (
            Month(month[0].first, runs=month[0].first == last),
            *(Sum(each.amount, currency) for each, currency in zip(month, found, strict=True)),
        )
        for month in began
    ]


def _downloads(database: Session, asked: Asked) -> Table:
    per_day = downloads_per_day(database, asked.show_id, asked.period)
    headings = (gettext("Day"), gettext("Downloads"))
    return headings, [(day, count.downloads) for day, count in per_day]


def _episodes(database: Session, asked: Asked) -> Table:
    """What is out, and what was: nobody can have downloaded the rest."""
    chosen = select(Episode.key, Episode.title).where(Episode.show_id == asked.show_id)
    titles = {row[0]: row[1] for row in database.execute(chosen)}
    spans = [gettext("First %(num)d days", num=span) for span in SPANS]
    headings = (gettext("Episode"), gettext("Came out"), *spans, gettext("In all"))
    return headings, [
        (
            titles[each.episode_key],
            each.publish_at.date() if each.publish_at else "–",
            *(_first_days(each, span, asked.now) for span in SPANS),
            each.total.downloads,
        )
        for each in downloads_per_episode(database, asked.show_id)
        if each.total.downloads or (each.publish_at is not None and each.publish_at <= asked.now)
    ]


def _first_days(episode: EpisodeCount, span: int, now: datetime) -> object:
    count = episode.first_days[span]
    if count is None:
        return "–"
    return count.downloads if episode.is_over(span, now) else SoFar(count.downloads)


def _apps(database: Session, asked: Asked) -> Table:
    found = downloads_by(database, "app", asked.show_id, asked.period)
    total = sum(count.downloads for _app, count in found) or 1
    return (gettext("App"), gettext("Downloads"), gettext("Share")), [
        (app or gettext("Unknown"), count.downloads, Share(count.downloads / total))
        for app, count in found
    ]


def _completion(database: Session, asked: Asked) -> Table:
    headings = (gettext("Episode"), gettext("Began"), gettext("Heard it out"), gettext("Share"))
    return headings, [
        (each.title, each.began, each.finished, Share(each.share))
        for each in completions(database, asked.show_id)
    ]


def _active(database: Session, asked: Asked) -> Table:
    found = most_active(database, asked.show_id, asked.period)
    ids = [member_id for member_id, _plays, _last in found]
    rows = database.execute(select(Member.id, Member.name, Member.email).where(Member.id.in_(ids)))
    known = {row[0]: (row[1] or "–", row[2]) for row in rows}
    headings = (
        gettext("Name"), gettext("E-mail"), gettext("Episodes heard"), gettext("Last heard"),
    )  # fmt: skip
    return headings, [
        (*known.get(member_id, ("–", "–")), plays, last) for member_id, plays, last in found
    ]


TABLES: dict[str, Callable[[Session, Asked], Table]] = {
    "members": _members,
    "plans": _plans,
    "revenue": _revenue,
    "downloads": _downloads,
    "episodes": _episodes,
    "apps": _apps,
    "completion": _completion,
    "active": _active,
}
PERSONAL = {"active"}
