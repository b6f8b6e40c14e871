"""A draft for every upload, from its first byte on, so that words can be written meanwhile.

When the audio has been examined it joins its draft, and what the file says of itself fills
whatever the podcaster has left empty.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.episodes import change_fields, create_episode
from episodes.history import keeping, versions_of
from episodes.ingest import title_from_name
from episodes.models import Episode, Show, Upload
from episodes.publishing import record_change, unpublish_episode

_EMPTY = ("notes", "season", "number", "chapters", "artwork_key")


def draft_for(session: Session, upload: Upload, now: datetime) -> Episode:
    """The draft (or the episode whose audio is replaced) that an upload belongs to."""
    known = _episode_of(session, upload)
    if known is not None:
        return known
    show = session.get_one(Show, upload.show_id)
    title = title_from_name(PurePath(upload.file_name))
    return create_episode(session, show, title=title, now=now, key=upload.episode_key)


def fill_draft(session: Session, upload: Upload, now: datetime) -> dict[str, Any]:
    """Fill a draft that waits for its audio with what is known so far; gives what changed."""
    episode = _episode_of(session, upload)
    if episode is None or episode.audio_id is not None:
        return {}
    fields = _unsaid(episode, upload)
    change_fields(episode, fields)
    record_change(session, episode.show_id, now=now, episode=episode)
    return fields


def join_draft(
    session: Session, upload: Upload, now: datetime, *, filled: Collection[str] = ()
) -> bool:
    """Give examined audio to its episode; False where there is none (any more).

    ``filled`` are the fields that fill_draft has seen to: if one is empty now, the podcaster
    wants it so.
    """
    episode = _episode_of(session, upload)
    if episode is None or upload.audio_id is None:
        return False
    with keeping(session, episode, by=upload.begun_by, now=now):
        is_new = episode.audio_id is None
        episode.audio_id = upload.audio_id
        if is_new:
            unsaid = _unsaid(episode, upload)
            change_fields(episode, {k: v for k, v in unsaid.items() if k not in filled})
        record_change(session, episode.show_id, now=now, episode=episode)
    return True


def delete_draft(session: Session, upload: Upload) -> None:
    """Remove the draft of an upload that was given up, unless somebody has made it theirs."""
    episode = _untouched(session, upload)
    if episode is not None:
        session.delete(episode)


def set_draft_aside(session: Session, upload: Upload, now: datetime) -> None:
    """Delete the draft of a file that was refused, so that it can be brought back: somebody may
    be writing in it. It goes for good with its upload."""
    episode = _untouched(session, upload)
    if episode is not None:
        unpublish_episode(session, episode, state="deleted", now=now)


def _untouched(session: Session, upload: Upload) -> Episode | None:
    """The draft that was made for an upload, where nobody but the file itself has filled it."""
    episode = _episode_of(session, upload)
    if episode is None or episode.audio_id is not None or episode.created_at != upload.created_at:
        return None
    return None if versions_of(session, episode.id) else episode


def _episode_of(session: Session, upload: Upload) -> Episode | None:
    return session.scalars(
        select(Episode).where(Episode.key == upload.episode_key, Episode.show_id == upload.show_id)
    ).first()


def _unsaid(episode: Episode, upload: Upload) -> dict[str, Any]:
    """What the file knows and the podcaster has not said."""
    told = dict(upload.fields)
    fields = {name: told[name] for name in _EMPTY if told.get(name) and not getattr(episode, name)}
    if told.get("title") and episode.title == title_from_name(PurePath(upload.file_name)):
        fields["title"] = told["title"]
    return fields
