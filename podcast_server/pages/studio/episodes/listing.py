"""Which episodes the list shows: searched, filtered, and page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from episodes.models import Episode
from episodes.publishing import Status, status_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for."""

    words: str = ""
    status: str = ""
    audience: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """An episode and its state now."""

    episode: Episode
    status: Status


def list_page(
    session: Session, show_id: int, wanted: Wanted, now: datetime
) -> tuple[Sequence[Row], int]:
    """One page of rows, and how many there are in all."""
    query = _filtered(select(Episode).where(Episode.show_id == show_id), wanted, now)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.options(joinedload(Episode.audio)).order_by(
        Episode.publish_at.is_(None).desc(), Episode.publish_at.desc(), Episode.id.desc()
    )
    page = session.scalars(ordered.offset((wanted.page - 1) * PAGE).limit(PAGE))
    return [Row(episode, status_of(episode, now)) for episode in page], total


def scheduled(session: Session, show_id: int, now: datetime) -> Sequence[Episode]:
    """What is to come out, soonest first."""
    return session.scalars(
        select(Episode)
        .where(Episode.show_id == show_id, _of_status("scheduled", now))
        .order_by(Episode.publish_at)
    ).all()


def _filtered(query: Select[Episode], wanted: Wanted, now: datetime) -> Select[Episode]:
    if wanted.status:
        query = query.where(_of_status(wanted.status, now))
    else:
        query = query.where(Episode.state != "deleted")
    if wanted.audience:
        query = query.where(Episode.audience == wanted.audience)
    for word in wanted.words.split()[:8]:
        # autoescape: a percent sign is a percent sign
        found = [
            column.icontains(word, autoescape=True) for column in (Episode.title, Episode.notes)
        ]
        query = query.where(or_(*found))
    return query


def _of_status(status: str, now: datetime) -> ColumnElement[bool]:
    ready = Episode.state == "ready"
    if status == "published":
        return and_(ready, Episode.publish_at <= now)
    if status == "scheduled":
        return and_(ready, Episode.publish_at > now)
    if status == "draft":
        return or_(Episode.state == "draft", and_(ready, Episode.publish_at.is_(None)))
    return Episode.state == status
