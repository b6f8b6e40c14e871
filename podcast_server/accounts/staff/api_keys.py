"""Keys for scripts: shown once, kept as a hash, revoked at any time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podcast_server.accounts.members import AccountError
from podcast_server.accounts.sign_in import hash_token
from podcast_server.accounts.staff.models import ApiKey, Staff

PREFIX = "psk_"  # so that a key that got out is found by those who scan for them
MOST = 50
USED_EVERY = timedelta(minutes=10)


class TooManyKeys(AccountError):
    """Somebody has more keys than anybody can look after."""


def make_key(session: Session, person: Staff, name: str, *, may_write: bool, now: datetime) -> str:
    """Make a key; gives it, this once. Raises TooManyKeys."""
    if len(list_keys(session, person.id)) >= MOST:
        raise TooManyKeys("revoke a key that is no longer used first")
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiKey(
            staff_id=person.id,
            name=name.strip()[:120] or "key",
            token_hash=hash_token(token),
            may_write=may_write,
            created_at=now,
        )
    )
    session.flush()
    return token


def find_key(session: Session, token: str) -> tuple[Staff, ApiKey] | None:
    """Whose key this is, if it holds and the person still works here."""
    row = session.execute(
        select(Staff, ApiKey)
        .join(ApiKey, ApiKey.staff_id == Staff.id)
        .where(
            ApiKey.token_hash == hash_token(token),
            ApiKey.revoked_at.is_(None),
            Staff.disabled_at.is_(None),
        )
    ).first()
    return None if row is None else (row[0], row[1])


def note_used(session: Session, key_id: int, now: datetime) -> None:
    """Write down that a key is in use."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=now))


def list_keys(session: Session, staff_id: int) -> list[ApiKey]:
    """Somebody's keys that hold, newest first."""
    query = select(ApiKey).where(ApiKey.staff_id == staff_id, ApiKey.revoked_at.is_(None))
    return list(session.scalars(query.order_by(ApiKey.id.desc())))


def keys_of_everybody(session: Session) -> list[tuple[ApiKey, Staff]]:
    """All keys that hold, with whose they are; by address, newest first."""
    query = (
        select(ApiKey, Staff)
        .join(Staff, ApiKey.staff_id == Staff.id)
        .where(ApiKey.revoked_at.is_(None), Staff.disabled_at.is_(None))
        .order_by(Staff.email, ApiKey.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def revoke_key(session: Session, staff_id: int, key_id: int, now: datetime) -> bool:
    """End one of somebody's keys; False where it is none of theirs."""
    found = next((key for key in list_keys(session, staff_id) if key.id == key_id), None)
    if found is not None:
        found.revoked_at = now
        session.flush()
    return found is not None
