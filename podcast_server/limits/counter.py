"""The common counter: a row per key and minute in the database."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from feeds.delivery.throttle import Shared
from podcast_server.limits.models import MinuteCount

KEEP = timedelta(minutes=10)


def shared_counter(sessions: sessionmaker[Session], secret: bytes) -> Shared:
    """Adds to what all processes count. Keys are stored hashed with ``secret``."""

    def add(key: str, minute: int, more: int) -> int:
        name = hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()
        with sessions.begin() as session:
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            insert = dialect.insert(MinuteCount).values(key=name, minute=minute, count=more)
            upsert = insert.on_conflict_do_update(
                index_elements=[MinuteCount.key, MinuteCount.minute],
                set_={"count": MinuteCount.count + more},
            )
            return int(session.scalars(upsert.returning(MinuteCount.count)).one())

    return add


def forget_counts(session: Session, now: datetime) -> None:
    """Delete the counts of minutes that are over."""
    before = int((now - KEEP).timestamp() // 60)
    session.execute(delete(MinuteCount).where(MinuteCount.minute < before))
