"""Create, change and find episodes."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.errors import BadField, NotFound
from episodes.links import check_link
from episodes.models import Episode, Show
from episodes.publishing import AUDIENCES, record_change

EDITABLE = frozenset(
    {
        "title",
        "notes",
        "author",
        "link",
        "season",
        "season_name",
        "number",
        "type",
        "explicit",
        "audience",
        "tier_ids",
        "public_at",
        "artwork_key",
        "chapters",
        "persons",
    }
)
MOST = 999_999_999  # a date of eight digits is one; PostgreSQL holds twice as much
TYPES = ("full", "trailer", "bonus")


def new_episode_key() -> str:
    """A fresh random name for URLs: 50 bits in 10 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(7)).decode().lower()[:10]


def create_episode(
    session: Session,
    show: Show,
    *,
    title: str,
    now: datetime,
    fields: Mapping[str, Any] | None = None,
    guid: str = "",
    key: str = "",
) -> Episode:
    """Make a draft. The guid is random and opaque unless one is brought along, and for life.

    Raises BadField.
    """
    episode = Episode(
        key=key or new_episode_key(),
        show_id=show.id,
        guid=guid or str(uuid.uuid4()),
        created_at=now,
        updated_at=now,
    )
    change_fields(episode, {"title": title, **(fields or {})})
    session.add(episode)
    session.flush()
    return episode


def update_episode(
    session: Session, episode: Episode, fields: Mapping[str, Any], now: datetime
) -> None:
    """Change some fields. Raises BadField and then changes nothing."""
    change_fields(episode, fields)
    record_change(session, episode.show_id, now=now, episode=episode)


def change_fields(episode: Episode, fields: Mapping[str, Any]) -> None:
    """Check all given fields, then set them. Raises BadField before anything is set."""
    for name, value in fields.items():
        if name not in EDITABLE:
            raise BadField(name, "an episode has no such field")
        _check(name, value)
    for name, value in fields.items():
        setattr(episode, name, value.strip() if isinstance(value, str) else value)


def _check(name: str, value: Any) -> None:
    if name == "link":
        check_link(name, value or "")
    if name == "title" and not value.strip():
        raise BadField(name, "an episode needs a title")
    if name == "title" and len(value) > 255:
        raise BadField(name, "must be at most 255 characters")
    if name == "audience" and value not in AUDIENCES:
        raise BadField(name, f"must be one of {', '.join(AUDIENCES)}")
    if name == "type" and value not in TYPES:
        raise BadField(name, f"must be one of {', '.join(TYPES)}")
    if name in {"season", "number"} and value is not None and value < 1:
        raise BadField(name, "must be at least 1, or empty")
    if name in {"season", "number"} and value is not None and value > MOST:
        raise BadField(name, "must be at most 999999999, or empty")


def find_episode(session: Session, key: str) -> Episode:
    """The episode with this key or guid. Raises NotFound."""
    episode = session.scalars(
        select(Episode).where((Episode.key == key) | (Episode.guid == key))
    ).first()
    if episode is None:
        raise NotFound(f"there is no episode “{key}”: `podcast-server episode list` shows them")
    return episode


def episodes_of(session: Session, show_id: int) -> list[Episode]:
    """A show's episodes but the deleted ones, drafts first, then newest first."""
    return list(
        session.scalars(
            select(Episode)
            .where(Episode.show_id == show_id, Episode.state != "deleted")
            .order_by(Episode.publish_at.is_(None).desc(), Episode.publish_at.desc(), Episode.id)
        )
    )
