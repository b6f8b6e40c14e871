"""The members of one show: searched, filtered, and page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from feeds.access import parse_windows
from feeds.models import Access, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.accounts.standing import State, state_at

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
    """One page of members, newest first, and how many there are in all."""
    found = list(_rows(session, show_id, wanted, now))
    start = (wanted.page - 1) * PAGE
    return found[start : start + PAGE], len(found)


def all_rows(
    session: Session, show_id: int, now: datetime, wanted: Wanted | None = None
) -> Iterator[Row]:
    """Everybody, or all who are wanted on whichever page, for an export."""
    return _rows(session, show_id, wanted or Wanted(), now)


def _rows(session: Session, show_id: int, wanted: Wanted, now: datetime) -> Iterator[Row]:
    fetched = func.max(PrivateFeed.last_fetched_at)
    feeds = and_(PrivateFeed.member_id == Member.id, PrivateFeed.show_id == show_id)
    access = and_(Access.member_id == Member.id, Access.show_id == show_id)
    query = (
        select(Member.id, Member.email, Member.name, Member.created_at, Access.windows, fetched)
        .outerjoin(PrivateFeed, feeds)
        .outerjoin(Access, access)
        .group_by(Member.id, Access.windows)
        .order_by(*_order(wanted.order, fetched))
    )
    query = query.where(_of_show(show_id), Member.email.contains("@"))
    for word in wanted.words.split()[:5]:
        columns = (Member.email, Member.name, Member.note)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if wanted.fetched:
        query = query.having(
            fetched.is_(None) if wanted.fetched == "never" else fetched.is_not(None)
        )
    if wanted.silent_since is not None:
        query = query.having(or_(fetched.is_(None), fetched < wanted.silent_since))
    query = query.where(*_bounds(wanted))
    for id_, email, name, since, windows, last in session.execute(query):
        # How somebody stands depends on the moment, so it is worked out here.
        state = state_at(parse_windows(windows or "[]"), now)
        if wanted.state in {"", state}:
            yield Row(id_, email, name, since, state, last)


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
    return or_(
        Member.id.in_(select(Access.member_id).where(Access.show_id == show_id)),
        Member.id.in_(select(PrivateFeed.member_id).where(PrivateFeed.show_id == show_id)),
    )
