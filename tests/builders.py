"""Short ways to make the things tests are about, straight in the database."""

from __future__ import annotations

import hashlib
import itertools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.episodes import create_episode
from episodes.models import Audio, Episode, Show
from episodes.publishing import publish_episode
from episodes.shows import create_show
from episodes.storage.base import Storage
from episodes.storage.small import put_bytes
from feeds.delivery.memory import FeedMemory
from feeds.grants import Cause, give_grant
from feeds.models import PrivateFeed
from feeds.private_feeds import open_feed
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.services import open_memory

CAUSE = Cause("test")
_numbers = itertools.count(1)


def remembering(engine: Engine) -> FeedMemory | None:
    """A memory of few feeds on SQLite, where a change counts from its commit on; None on
    PostgreSQL, which tells a moment later: tests of that say so."""
    return open_memory(engine, 50) if engine.dialect.name == "sqlite" else None


def build_show(session: Session, now: datetime, **fields: Any) -> Show:
    """A show with a unique slug, a month old."""
    number = next(_numbers)
    defaults = {
        "author": "Marit Solberg",
        "description": "Notes from a harbour.",
        "categories": [["Society & Culture", "Places & Travel"]],
    }
    return create_show(
        session,
        title=fields.pop("title", f"Show {number}"),
        slug=fields.pop("slug", f"show-{number}"),
        public_url="http://podcast.test",
        now=now - timedelta(days=30),
        fields=defaults | fields,
    )


def build_audio(
    session: Session, storage: Storage, show: Show, data: bytes = b"sound" * 400
) -> Audio:
    """Stored bytes that stand for an audio file."""
    key = f"shows/{show.id}/test-{next(_numbers)}.mp3"
    put_bytes(storage, key, data, content_type="audio/mpeg")
    audio = Audio(
        show_id=show.id,
        object_key=key,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        mime="audio/mpeg",
        extension="mp3",
        duration=63.2,
        bitrate=64000,
        minute_bytes=len(data),
        created_at=show.created_at,
    )
    session.add(audio)
    session.flush()
    return audio


def build_episode(
    session: Session,
    storage: Storage,
    show: Show,
    now: datetime,
    *,
    audience: str = "members",
    at: datetime | None = None,
    data: bytes = b"sound" * 400,
    publish: bool = True,
    **fields: Any,
) -> Episode:
    """An episode with audio, published a day ago unless told otherwise."""
    title = fields.pop("title", f"Episode {next(_numbers)}")
    fields["audience"] = audience
    episode = create_episode(session, show, title=title, now=now, fields=fields)
    episode.audio_id = build_audio(session, storage, show, data).id
    if publish:
        publish_episode(session, episode, at=at or now - timedelta(days=1), now=now)
    return episode


def build_member(session: Session, now: datetime, email: str = "") -> Member:
    """A member without any membership."""
    return ensure_member(session, email or f"person{next(_numbers)}@example.org", now=now)


def give_membership(
    session: Session,
    member: Member,
    show: Show,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    scope: str = "show",
    scope_id: int = 0,
    notice: str = "",
) -> None:
    """A grant that started a month ago and lasts unless told otherwise."""
    give_grant(
        session,
        member_id=member.id,
        show_id=show.id,
        scope=scope,
        scope_id=scope_id,
        starts_at=starts_at or now - timedelta(days=30),
        ends_at=ends_at,
        source="test",
        cause=CAUSE,
        now=now,
        notice=notice,
    )


def build_feed(
    session: Session, member: Member, show: Show, now: datetime, *, key: str = "testkey"
) -> PrivateFeed:
    """An open private feed."""
    return open_feed(
        session, member_id=member.id, show_id=show.id, name="phone", signing_key=key, now=now
    )
