"""Earlier versions of an episode's words: kept at every change, and brought back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.episodes import update_episode
from episodes.errors import NotFound
from episodes.models import Episode, EpisodeVersion

KEPT = (
    "title", "notes", "author", "link", "season", "season_name", "number", "type", "explicit",
    "audience", "chapters", "persons", "artwork_key", "audio_id",
)  # fmt: skip
MOST = 200


def snapshot_of(episode: Episode) -> dict[str, Any]:
    """The fields that history keeps, as they are now."""
    return {name: getattr(episode, name) for name in KEPT}


def keep_version(
    session: Session, episode: Episode, before: dict[str, Any], *, by: str, now: datetime
) -> None:
    """Keep what an episode was before a change; nothing where nothing changed."""
    if before == snapshot_of(episode):
        return
    session.add(EpisodeVersion(episode_id=episode.id, at=now, by=by[:255], fields=before))
    session.flush()


def versions_of(session: Session, episode_id: int) -> list[EpisodeVersion]:
    """Newest first."""
    return list(
        session.scalars(
            select(EpisodeVersion)
            .where(EpisodeVersion.episode_id == episode_id)
            .order_by(EpisodeVersion.id.desc())
            .limit(MOST)
        )
    )


def bring_back(
    session: Session, episode: Episode, version_id: int, *, by: str, now: datetime
) -> None:
    """Make an earlier version the present one; the present one is kept too.

    Raises NotFound when it is not a version of this episode.
    """
    version = session.get(EpisodeVersion, version_id)
    if version is None or version.episode_id != episode.id:
        raise NotFound("this episode has no such version")
    before = snapshot_of(episode)
    fields = {name: value for name, value in version.fields.items() if name in KEPT}
    audio_id = fields.pop("audio_id", episode.audio_id)
    episode.audio_id = audio_id or episode.audio_id
    update_episode(session, episode, fields, now)
    keep_version(session, episode, before, by=by, now=now)
