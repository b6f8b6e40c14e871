"""Measure what was fetched, keep the figures, and see which feeds are due for a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.count import CountingRules, Hit
from feeds.downloads.models import RawHit
from feeds.models import PrivateFeed
from feeds.sharing.measure import Figures, measure
from feeds.sharing.models import FeedDay, SharingCase, SharingChoice
from feeds.sharing.policy import Policy, Progress, Step, Wishes, days_beyond, due_step

KEEP = timedelta(days=400)
_HIT_COLUMNS = [getattr(RawHit, name) for name in Hit.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Due:
    """A step that is due for a feed, in its case (None: it is to be opened)."""

    step: Step
    feed_id: int
    case_id: int | None
    days: tuple[date, ...]


def measure_days(sessions: sessionmaker[Session], rules: CountingRules, now: datetime) -> None:
    """Measure today and yesterday anew (hits may come late), and forget what is very old."""
    today = now.astimezone(UTC).date()
    for day in (today - timedelta(days=1), today):
        with sessions() as session:
            session.connection(execution_options={"read_only": True})
            rows = [_row(day, *each) for each in _measured(session, day, rules)]
        with sessions.begin() as session:
            session.execute(delete(FeedDay).where(FeedDay.day == day))
            if rows:
                session.execute(insert(FeedDay), rows)
    with sessions.begin() as session:
        session.execute(delete(FeedDay).where(FeedDay.day < today - KEEP))


def _measured(session: Session, day: date, rules: CountingRules) -> Iterator[tuple[int, Figures]]:
    rows = session.execute(
        select(*_HIT_COLUMNS)
        .where(RawHit.day == day, RawHit.feed_id.is_not(None))
        .order_by(RawHit.feed_id)
        .execution_options(yield_per=2000)
    )
    for feed_id, theirs in groupby(rows, key=_feed_id):
        figures = measure((Hit(*row) for row in theirs), rules)
        if figures.copies or figures.apps:
            yield feed_id, figures


def _feed_id(row: Row[tuple[object, ...]]) -> int:
    return int(row.feed_id)


def _row(day: date, feed_id: int, figures: Figures) -> dict[str, object]:
    return {
        "day": day,
        "feed_id": feed_id,
        "apps": figures.apps,
        "networks": figures.networks,
        "copies": figures.copies,
    }


def figures_of(session: Session, feed_id: int, since: date) -> dict[date, Figures]:
    """One feed's figures by day, for the member's page and the studio."""
    rows = session.scalars(
        select(FeedDay).where(FeedDay.feed_id == feed_id, FeedDay.day > since).order_by(FeedDay.day)
    )
    return {row.day: Figures(row.apps, row.networks, row.copies) for row in rows}


def due_steps(session: Session, policy: Policy, now: datetime) -> list[Due]:
    """Which feeds are due for which step. Changes nothing."""
    cases = {
        case.feed_id: case
        for case in session.scalars(select(SharingCase).where(SharingCase.closed_at.is_(None)))
    }
    since = (now - policy.window).date()
    dismissed = set(
        session.scalars(
            select(SharingCase.feed_id).where(SharingCase.dismissed_at > now - policy.window)
        )
    )
    watched = select(FeedDay.feed_id).where(FeedDay.day > since, FeedDay.copies > policy.copies)
    feed_ids = {*cases, *session.scalars(watched.distinct())} - (dismissed - cases.keys())
    feeds = session.scalars(select(PrivateFeed).where(PrivateFeed.id.in_(feed_ids)))
    return list(_due(session, feeds, cases, policy, now))


def _due(
    session: Session,
    feeds: Iterable[PrivateFeed],
    cases: dict[int, SharingCase],
    policy: Policy,
    now: datetime,
) -> Iterator[Due]:
    for feed in sorted(feeds, key=lambda feed: feed.id):
        case = cases.get(feed.id)
        if feed.state != "open":  # reset or closed, by whomever: settled
            if case is not None:
                yield Due("close", feed.id, case.id, ())
            continue
        days = figures_of(session, feed.id, (now - policy.window).date())
        beyond = days_beyond(days, policy, now)
        progress = None if case is None else Progress(case.noticed_at, case.mailed_at)
        step = due_step(beyond, progress, policy, wishes_of(session, feed.show_id), now)
        if step is not None:
            yield Due(step, feed.id, case.id if case else None, tuple(beyond))


def take_step(session: Session, due: Due, now: datetime) -> bool:
    """Note that the step is taken; false if somebody else took it meanwhile."""
    case = session.get(SharingCase, due.case_id) if due.case_id else _open_case(session, due)
    if due.step == "notice":
        if case is None:
            session.add(SharingCase(feed_id=due.feed_id, noticed_at=now))
        return case is None
    if case is None or case.closed_at is not None:
        return False
    if due.step == "mail":
        if case.mailed_at is not None:
            return False
        case.mailed_at = now
    elif due.step == "reset":
        case.reset_at = case.closed_at = now
    else:
        case.closed_at = now
    return True


def find_case(session: Session, show_id: int, case_id: int) -> SharingCase | None:
    """An open case of a show, or None."""
    return next((case for case in open_cases(session, show_id) if case.id == case_id), None)


def dismiss_case(session: Session, case: SharingCase, now: datetime) -> None:
    """All is well with this feed, says the podcaster: nothing more of it for a while."""
    case.dismissed_at = case.closed_at = now
    session.flush()


def _open_case(session: Session, due: Due) -> SharingCase | None:
    return session.scalars(
        select(SharingCase).where(
            SharingCase.feed_id == due.feed_id, SharingCase.closed_at.is_(None)
        )
    ).first()


def wishes_of(session: Session, show_id: int) -> Wishes:
    """How far the show lets things go by themselves."""
    row = session.get(SharingChoice, show_id)
    return Wishes() if row is None else Wishes(row.mails_member, row.resets)


def set_wishes(session: Session, show_id: int, wishes: Wishes) -> None:
    """Choose how far things go by themselves for a show."""
    row = session.get(SharingChoice, show_id) or SharingChoice(show_id=show_id)
    row.mails_member, row.resets = wishes.mails_member, wishes.resets
    session.add(row)
    session.flush()


def open_cases(session: Session, show_id: int | None = None) -> list[SharingCase]:
    """The open cases of feeds that are open, of one show or all, oldest first."""
    query = (
        select(SharingCase)
        .join(PrivateFeed, PrivateFeed.id == SharingCase.feed_id)
        .where(SharingCase.closed_at.is_(None), PrivateFeed.state == "open")
        .order_by(SharingCase.id)
    )
    if show_id is not None:
        query = query.where(PrivateFeed.show_id == show_id)
    return list(session.scalars(query))
