"""Draft → scheduled → published → withdrawn, and who may hear an episode when.

Nothing here waits for a job: an episode is published when its time has come, and the span in
which everybody may hear it is worked out ahead whenever anything it depends on is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from episodes.errors import EpisodeError
from episodes.models import Episode, Show

Status = Literal["draft", "scheduled", "published", "withdrawn", "deleted"]
AUDIENCES = ("free", "members", "tiers", "sale")


class NotPublishable(EpisodeError):
    """The episode lacks something it needs before listeners can have it."""


@dataclass(frozen=True, slots=True)
class PublicSpan:
    """The time in which everybody may hear an episode; ``start`` None means never."""

    start: datetime | None
    end: datetime | None


def status_of(episode: Episode, now: datetime) -> Status:
    """The state a person would name, from the stored state and the clock."""
    if episode.state == "withdrawn":
        return "withdrawn"
    if episode.state == "deleted":
        return "deleted"
    if episode.state != "ready" or episode.publish_at is None:
        return "draft"
    return "published" if episode.publish_at <= now else "scheduled"


def publish_episode(session: Session, episode: Episode, *, at: datetime, now: datetime) -> None:
    """Publish at ``at`` (UTC); a time in the future schedules it.

    Raises NotPublishable when there is no audio.
    """
    if episode.audio_id is None:
        raise NotPublishable(f"“{episode.title}” has no audio yet: upload it first")
    episode.state, episode.publish_at = "ready", at
    record_change(session, episode.show_id, now=now, episode=episode)


def unpublish_episode(
    session: Session,
    episode: Episode,
    *,
    state: Literal["draft", "withdrawn", "deleted"],
    now: datetime,
) -> None:
    """Take an episode out of every feed; its guid, audio and history stay."""
    if state == "deleted" and episode.state != "deleted":
        episode.deleted_from = status_of(episode, now)
    episode.state = state
    record_change(session, episode.show_id, now=now, episode=episode)


def restore_episode(session: Session, episode: Episode, now: datetime) -> Status:
    """Bring a deleted episode back in the state it had; gives that state.

    A draft comes back where that would do what nobody asked for: bring out what was to come
    out while it was deleted, or what has no audio any more. What is not deleted stays.
    """
    was = episode.deleted_from
    if episode.state != "deleted":
        return status_of(episode, now)
    is_late = was == "scheduled" and (episode.publish_at is None or episode.publish_at <= now)
    if was == "withdrawn":
        episode.state = "withdrawn"
    elif was in {"published", "scheduled"} and episode.audio_id is not None and not is_late:
        episode.state = "ready"
    else:
        episode.state = "draft"
    episode.deleted_from = ""
    record_change(session, episode.show_id, now=now, episode=episode)
    return status_of(episode, now)


def record_change(
    session: Session, show_id: int, *, now: datetime, episode: Episode | None = None
) -> None:
    """Note that listeners may see something new: grow the show's revision, redo the spans."""
    if episode is not None:
        episode.updated_at = now
    show = _hold_show(session, show_id, now)
    ordered = session.scalars(
        select(Episode)
        .where(
            Episode.show_id == show_id, Episode.state == "ready", Episode.publish_at.is_not(None)
        )
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    later = [e.publish_at for e in ordered]
    for position, each in enumerate(ordered):
        span = public_span(show, each, later[:position])
        each.public_from, each.public_until = span.start, span.end
    session.flush()


def _hold_show(session: Session, show_id: int, now: datetime) -> Show:
    """Grow the revision and keep others from changing the show until the commit.

    The database counts, so that two who change the show at the same time make two revisions;
    the second waits here and then sees what the first has written. The show's row comes before
    those of its episodes, always, so that the two never wait for each other.
    """
    with session.no_autoflush:
        session.execute(
            update(Show)
            .where(Show.id == show_id)
            .values(revision=Show.revision + 1, updated_at=now)
            .execution_options(synchronize_session=False)
        )
    session.flush()
    return session.get_one(Show, show_id, populate_existing=True)


def public_span(show: Show, episode: Episode, newer: Sequence[datetime | None]) -> PublicSpan:
    """When everybody may hear the episode, given the release times of newer ones, newest first.

    Members' episodes open at ``public_at``; free ones close when the show's archive rule
    says so: after so many days, or when so many newer episodes are out.
    """
    assert episode.publish_at is not None
    start = episode.publish_at if episode.audience == "free" else None
    if episode.public_at is not None and start is None:
        start = max(episode.public_at, episode.publish_at)
    if start is None:
        return PublicSpan(None, None)
    closings: list[datetime] = []
    if show.archive_after_days is not None:
        closings.append(start + timedelta(days=show.archive_after_days))
    count = show.archive_after_count
    if count is not None and 0 < count <= len(newer):
        released = newer[len(newer) - count]
        if released is not None:
            closings.append(released)
    return PublicSpan(start, min(closings, default=None))
