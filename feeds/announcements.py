"""Lifecycle audio: a clip in the podcaster's own voice, in a member's feed at its moment.

It comes in like any audio (probed, converted where need be, stored under its content's name)
and goes out by the media path, but it is no episode: it is in no list and no statistics.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.audio.convert import Form
from episodes.audio.probe import probe
from episodes.episodes import new_episode_key
from episodes.ingest import StoredAudio, store_playable
from episodes.models import Audio
from episodes.publishing import record_change
from episodes.storage.base import Storage
from feeds.access import CARD_FAILING, LAPSED, WELCOME
from feeds.errors import FeedError
from feeds.models import Announcement

# What podcasters call them, and the notice of the feed they go with.
KINDS = {"welcome": WELCOME, "payment_failing": CARD_FAILING, "ended": LAPSED}
MAX_SECONDS = 600
_FOLDER = "announcements"


class AnnouncementTooLong(FeedError):
    """The clip is longer than anybody wants to hear before the episodes."""


def store_announcement(
    storage: Storage, show_id: int, path: Path, *, convert_to: Form | None
) -> StoredAudio:
    """Examine and store a clip. Raises AudioRefused, AnnouncementTooLong, StorageError."""
    facts = probe(path)
    if facts.duration_seconds > MAX_SECONDS:
        raise AnnouncementTooLong(f"an announcement lasts {MAX_SECONDS // 60} minutes at most")
    return store_playable(storage, show_id, _FOLDER, path, facts=facts, convert_to=convert_to)


def set_announcement(
    session: Session, show_id: int, kind: str, audio: Audio, now: datetime
) -> None:
    """Make a show's audio its announcement of a kind (a key of KINDS)."""
    record_change(session, show_id, now=now)  # first, since it makes others wait
    row = _find(session, show_id, kind)
    if row is None:
        row = Announcement(key=new_episode_key(), show_id=show_id, notice=KINDS[kind])
        session.add(row)
    row.audio_id = audio.id
    session.flush()


def remove_announcement(session: Session, show_id: int, kind: str, now: datetime) -> bool:
    """Let the feeds be silent at that moment again; whether there was a clip."""
    record_change(session, show_id, now=now)
    row = _find(session, show_id, kind)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def announcements_of(session: Session, show_id: int) -> dict[str, Audio]:
    """The show's clips by kind."""
    query = (
        select(Announcement.notice, Audio)
        .join(Audio, Audio.id == Announcement.audio_id)
        .where(Announcement.show_id == show_id)
    )
    found = {row[0]: row[1] for row in session.execute(query)}
    return {kind: found[notice] for kind, notice in KINDS.items() if notice in found}


def _find(session: Session, show_id: int, kind: str) -> Announcement | None:
    return session.scalars(
        select(Announcement).where(
            Announcement.show_id == show_id, Announcement.notice == KINDS[kind]
        )
    ).first()
