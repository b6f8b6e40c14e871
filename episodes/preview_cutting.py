"""Previews that cut themselves: the first minutes of members' episodes, and again of new audio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, sessionmaker

from episodes.errors import EpisodeError
from episodes.history import keeping
from episodes.ingest import StoredAudio
from episodes.models import Audio, Episode, Show
from episodes.previews import attach_preview, chosen_part, store_preview
from episodes.publishing import record_change
from episodes.storage.base import Storage, StorageUnavailable

AT_ONCE = 20  # in one run; a back catalogue is done little by little


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be cut. ``chosen`` is the part somebody asked for, in seconds."""

    episode_id: int
    episode_key: str
    audio: Audio
    seconds: float
    chosen: tuple[float, float] | None


def preview_is_due(episode: Episode, show: Show) -> bool:
    """Whether a preview of the episode will be cut by itself soon."""
    wanted = episode.preview_end is not None or (
        episode.audience != "free" and show.preview_minutes is not None
    )
    return (
        wanted
        and episode.state != "deleted"
        and not episode.preview_off
        and episode.audio is not None
        and episode.preview_of != episode.audio.sha256
    )


def _due() -> ColumnElement[bool]:
    # As preview_is_due says it, for the database.
    by_itself = and_(Episode.audience != "free", Show.preview_minutes.is_not(None))
    return and_(
        Episode.state != "deleted",
        Episode.preview_off.is_(False),
        Episode.preview_of != Audio.sha256,
        or_(Episode.preview_end.is_not(None), by_itself),
    )


def cut_due_previews(sessions: sessionmaker[Session], storage: Storage, now: datetime) -> int:
    """Cut what is due, at most AT_ONCE; returns how many were tried.

    What cannot be cut is not tried again before its audio changes: an episode that is shorter
    than its preview would be has none. While the storage is away everything waits: raises
    StorageUnavailable.
    """
    with sessions() as session:
        tasks = _tasks(session)
    for task in tasks:
        stored = _cut(storage, task)
        with sessions.begin() as session:
            _note(session, task, stored, now)
    return len(tasks)


def _tasks(session: Session) -> list[_Task]:
    rows = session.execute(
        select(Episode, Audio, Show.preview_minutes)
        .join(Show, Show.id == Episode.show_id)
        .join(Audio, Audio.id == Episode.audio_id)
        .where(_due())
        .order_by(Episode.publish_at.desc(), Episode.id.desc())
        .limit(AT_ONCE)
    )
    return [
        _Task(
            episode_id=episode.id,
            episode_key=episode.key,
            audio=audio,
            seconds=60.0 * (minutes or 0),
            chosen=chosen_part(episode),
        )
        for episode, audio, minutes in rows
    ]


def _cut(storage: Storage, task: _Task) -> StoredAudio | None:
    start, end = task.chosen or (0.0, task.seconds)
    audio = task.audio
    try:
        return store_preview(storage, audio.show_id, task.episode_key, audio, start=start, end=end)
    except StorageUnavailable:
        raise
    except EpisodeError:
        return None


def _note(session: Session, task: _Task, stored: StoredAudio | None, now: datetime) -> None:
    """Attach what was cut, unless audio or wish have changed meanwhile, or another was faster."""
    episode = session.scalars(
        select(Episode).where(Episode.id == task.episode_id).with_for_update()
    ).one()
    changed = episode.audio_id != task.audio.id or chosen_part(episode) != task.chosen
    if changed or not preview_is_due(episode, episode.show):
        return
    with keeping(session, episode, by="", now=now):
        if stored is not None:
            attach_preview(session, episode, stored, now, of=task.audio, chosen=task.chosen)
            return
        episode.preview_audio_id, episode.preview_of = None, task.audio.sha256
        record_change(session, episode.show_id, now=now, episode=episode)
