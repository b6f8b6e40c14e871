"""The members of one show: searched, filtered, and page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from feeds.models import Access, Grant, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.accounts.standing import State

PAGE = 100
ORDERS = ("first", "name", "fetched", "silent")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. ``fetched`` is "never", "ever" or "" for both.

    ``joined_from`` and ``joined_until`` bound when they came (UTC, the end left out);
    ``silent_since`` finds those whose app did not come since then, or never; ``among`` are the
    ids of those who may be found at all, such as the members of one plan. ``order`` is one of
    ``ORDERS``, or "" for newest first.
    """

    words: str = ""
    state: str = ""
    fetched: str = ""
    page: int = 1
    joined_from: datetime | None = None
    joined_until: datetime | None = None
    silent_since: datetime | None = None
    order: str = ""
    among: Select[int] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A member as the list shows them."""

    id: int
    email: str
    name: str
    since: datetime
    state: State
    last_fetched: datetime | None


def is_of_show(session: Session, member_id: int, show_id: int) -> bool:
    """Whether somebody has, or had, anything to do with a show."""
    query = select(Member.id).where(Member.id == member_id, _of_show(show_id))
    return session.scalar(query) is not None


def list_roster(
    session: Session, show_id: int, wanted: Wanted, now: datetime
) -> tuple[Sequence[Row], int]:
    """One page of members, newest first unless told otherwise, and how many there are in all."""
    conditions = _conditions(show_id, wanted, now)
    count = session.scalar(select(func.count()).select_from(Member).where(*conditions)) or 0
    start = (wanted.page - 1) * PAGE
    # First who is on the page, so that nothing is worked out of those who are not.
    order = _order(wanted.order, _fetched(show_id))
    page = select(Member.id).where(*conditions).order_by(*order).offset(start).limit(PAGE)
    ids = session.scalars(page).all()
    rows = session.execute(_rows(show_id, wanted, now).where(Member.id.in_(ids)))
    return [Row(*row) for row in rows], count


def all_rows(
    session: Session, show_id: int, now: datetime, wanted: Wanted | None = None
) -> Iterator[Row]:
    """Everybody, or all who are wanted on whichever page, for an export."""
    wanted = wanted or Wanted()
    found = _rows(show_id, wanted, now).where(*_conditions(show_id, wanted, now))
    for row in session.execute(found, execution_options={"yield_per": 1000}):
        yield Row(*row)


def _rows(show_id: int, wanted: Wanted, now: datetime) -> Select[*tuple[Any, ...]]:
    fetched = _fetched(show_id)
    columns: Select[*tuple[Any, ...]] = select(
        Member.id, Member.email, Member.name, Member.created_at, _state(show_id, now), fetched
    )
    return columns.order_by(*_order(wanted.order, fetched))


def _conditions(show_id: int, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [_of_show(show_id), Member.email.contains("@"), *_bounds(wanted)]
    for word in wanted.words.split()[:5]:
        columns = (Member.email, Member.name, Member.note)
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if wanted.fetched:
        ever = _has_feed(show_id, PrivateFeed.last_fetched_at.is_not(None))
        conditions.append(~ever if wanted.fetched == "never" else ever)
    if wanted.silent_since is not None:
        conditions.append(~_has_feed(show_id, PrivateFeed.last_fetched_at >= wanted.silent_since))
    if wanted.state:
        conditions.append(_state(show_id, now) == wanted.state)
    return conditions


def _state(show_id: int, now: datetime) -> ColumnElement[str]:
    """What standing.state_at says, told by the database from the grants, one after the other."""
    membership = Grant.scope.in_(("show", "tier"))
    runs = and_(Grant.starts_at <= now, or_(Grant.ends_at.is_(None), Grant.ends_at > now))
    over = and_(Grant.ends_at <= now, Grant.ends_at > Grant.starts_at)
    return case(
        (_has_grant(show_id, runs, membership, Grant.notice == ""), "member"),
        (_has_grant(show_id, runs, membership), "card_failing"),
        (_has_grant(show_id, over, membership), "lapsed"),
        (_has_grant(show_id, runs), "member"),
        else_="free",
    )


def _fetched(show_id: int) -> ColumnElement[datetime | None]:
    return (
        select(func.max(PrivateFeed.last_fetched_at))
        .where(PrivateFeed.member_id == Member.id, PrivateFeed.show_id == show_id)
        .scalar_subquery()
    )


def _has_grant(show_id: int, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    same = (Grant.member_id == Member.id, Grant.show_id == show_id)
    return exists().where(*same, *conditions).correlate(Member)


def _has_feed(show_id: int, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    same = (PrivateFeed.member_id == Member.id, PrivateFeed.show_id == show_id)
    return exists().where(*same, *conditions).correlate(Member)


def _order(order: str, fetched: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """How the list is sorted; by name, whoever has none stands under their address."""
    newest = Member.id.desc()
    if order == "name":
        return [func.lower(func.coalesce(func.nullif(Member.name, ""), Member.email)), newest]
    if order == "fetched":
        return [fetched.desc().nulls_last(), newest]
    if order == "silent":
        return [fetched.asc().nulls_first(), newest]
    return [Member.id.asc() if order == "first" else newest]


def _bounds(wanted: Wanted) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if wanted.joined_from is not None:
        bounds.append(Member.created_at >= wanted.joined_from)
    if wanted.joined_until is not None:
        bounds.append(Member.created_at < wanted.joined_until)
    if wanted.among is not None:
        bounds.append(Member.id.in_(wanted.among))
    return bounds


def _of_show(show_id: int) -> ColumnElement[bool]:
    """Whoever may hear something of it, or has a feed of it, now or in the past."""
    access = exists().where(Access.member_id == Member.id, Access.show_id == show_id)
    return or_(access.correlate(Member), _has_feed(show_id))
