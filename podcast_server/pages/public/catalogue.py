"""What everybody may know of shows and episodes, read for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from episodes.models import Audio, Episode, Show
from feeds.access import is_public
from feeds.rendering.assemble import facts_of

PAGE = 20


@dataclass(frozen=True, slots=True)
class EpisodeCard:
    """An episode as a stranger meets it. ``audio`` is what plays here, in whole or in part."""

    episode: Episode
    is_open: bool
    audio: Audio | None
    audio_name: str

    @property
    def is_preview(self) -> bool:
        """Whether what plays is only a part."""
        return self.audio is not None and not self.is_open

    @property
    def seconds(self) -> float | None:
        """The length of the whole episode."""
        return self.episode.audio.duration if self.episode.audio else None


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """Some episodes of a show, and whether there are more before and after."""

    cards: Sequence[EpisodeCard]
    number: int
    has_more: bool


def shows_with_episodes(session: Session, now: datetime) -> list[Show]:
    """Shows that have something out, the most recently active first."""
    newest = (
        select(Episode.show_id, func.max(Episode.publish_at).label("at"))
        .where(_is_out(now))
        .group_by(Episode.show_id)
        .subquery()
    )
    query = select(Show).join(newest, newest.c.show_id == Show.id)
    return list(session.scalars(query.order_by(newest.c.at.desc(), Show.id)))


def show_by_slug(session: Session, slug: str) -> Show | None:
    """The show at this address."""
    return session.scalars(select(Show).where(Show.slug == slug)).first()


def page_of_episodes(session: Session, show: Show, now: datetime, number: int = 1) -> EpisodePage:
    """A page of what is out, newest first; a serial show is told from its beginning."""
    order = (Episode.publish_at.asc(), Episode.id.asc())
    if show.type != "serial":
        order = (Episode.publish_at.desc(), Episode.id.desc())
    query = _visible(show, now).order_by(*order).offset((number - 1) * PAGE).limit(PAGE + 1)
    found = session.scalars(query).all()
    return EpisodePage([as_card(each, now) for each in found[:PAGE]], number, len(found) > PAGE)


def episode_by_key(session: Session, show: Show, key: str, now: datetime) -> EpisodeCard | None:
    """One episode, if a stranger may know of it."""
    episode = session.scalars(_visible(show, now).where(Episode.key == key)).first()
    return None if episode is None else as_card(episode, now)


def as_card(episode: Episode, now: datetime) -> EpisodeCard:
    """What of an episode everybody may hear at ``now``."""
    if is_public(facts_of(episode), now.timestamp()):
        audio = episode.audio
        name = f"{episode.key}.{audio.extension}" if audio else ""
        return EpisodeCard(episode, True, audio, name)
    preview = episode.preview_audio
    name = f"{episode.key}.preview.{preview.extension}" if preview else ""
    return EpisodeCard(episode, False, preview, name)


def known_to_all(show: Show, now: datetime) -> ColumnElement[bool]:
    """The condition under which a stranger may know that an episode exists."""
    if show.public_feed != "hidden":
        return and_(Episode.show_id == show.id, _is_out(now))
    return and_(
        Episode.show_id == show.id,
        _is_out(now),
        Episode.public_from <= now,
        or_(Episode.public_until.is_(None), Episode.public_until > now),
    )


def _is_out(now: datetime) -> ColumnElement[bool]:
    return and_(Episode.state == "ready", Episode.publish_at <= now)


def _visible(show: Show, now: datetime) -> Select[Episode]:
    return (
        select(Episode)
        .where(known_to_all(show, now))
        .options(
            selectinload(Episode.audio),
            selectinload(Episode.preview_audio),
            selectinload(Episode.transcripts),
        )
    )
