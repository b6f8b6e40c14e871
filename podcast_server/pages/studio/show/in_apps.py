"""How podcast apps will show a show: its newest episodes, in the public feed and in members'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from episodes.models import Episode
from feeds.access import is_public
from feeds.rendering.assemble import facts_of

SHOWN = 4  # episodes
_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class AppRow:
    """One episode in an app; ``seconds`` None where there is nothing to play."""

    title: str
    published: datetime
    seconds: float | None
    teaser: bool = False  # a members' episode as the public feed may have it


def newest_in_apps(
    database: Session, show_id: int, now: datetime
) -> tuple[list[AppRow], list[AppRow]]:
    """What everybody sees (where members' episodes stand, as teasers too), and what members see."""
    episodes = database.scalars(
        select(Episode)
        .where(Episode.show_id == show_id, Episode.state == "ready", Episode.publish_at <= now)
        .options(joinedload(Episode.audio), joinedload(Episode.preview_audio))
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
        .limit(_LOOKED_AT)
    ).all()
    members = [_whole(each) for each in episodes if each.audience != "sale"]
    return [_public(each, now) for each in episodes], members[:SHOWN]


def _whole(episode: Episode) -> AppRow:
    assert episode.publish_at is not None
    seconds = episode.audio.duration if episode.audio else None
    return AppRow(episode.title, episode.publish_at, seconds)


def _public(episode: Episode, now: datetime) -> AppRow:
    if is_public(facts_of(episode), now.timestamp()):
        return _whole(episode)
    assert episode.publish_at is not None
    seconds = episode.preview_audio.duration if episode.preview_audio else None
    return AppRow(episode.title, episode.publish_at, seconds, teaser=True)
