"""Studio sessions: in the database, so that they can be listed and ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from podcast_server.accounts.sign_in import hash_token
from podcast_server.accounts.staff.models import AuditEntry, Staff, StaffSession

LIFE = timedelta(days=30)
# "Last seen" is only as fine as this, so that looking at pages does not write each time.
SEEN_EVERY = timedelta(minutes=10)


def start_staff_session(session: Session, staff_id: int, *, device: str, now: datetime) -> str:
    """Sign a browser in; gives the token it must keep. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=hash_token(token),
            staff_id=staff_id,
            device=device[:120],
            created_at=now,
            seen_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return token


def find_staff_session(
    session: Session, token: str, now: datetime
) -> tuple[Staff, StaffSession] | None:
    """Whose session a token is, if it runs and the person still works here."""
    row = session.execute(
        select(Staff, StaffSession)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == hash_token(token),
            StaffSession.expires_at > now,
            Staff.disabled_at.is_(None),
        )
    ).first()
    return None if row is None else (row[0], row[1])


def last_seen(session: Session) -> dict[int, datetime]:
    """When each person was last at work, in UTC: seen in a browser, or by what they did."""
    browsers = select(StaffSession.staff_id, func.max(StaffSession.seen_at))
    acts = select(AuditEntry.staff_id, func.max(AuditEntry.at))
    seen: dict[int, datetime] = {}
    for rows in (
        session.execute(browsers.group_by(StaffSession.staff_id)),
        session.execute(acts.group_by(AuditEntry.staff_id)),
    ):
        for staff_id, at in rows:
            if staff_id is not None:  # the command line
                seen[staff_id] = max(at, seen.get(staff_id, at))
    return seen


def note_seen(session: Session, session_id: int, now: datetime) -> None:
    """Write down that a session is in use, and let it live on."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id)
        .values(seen_at=now, expires_at=now + LIFE)
    )


def staff_sessions_of(session: Session, staff_id: int, now: datetime) -> list[StaffSession]:
    """Somebody's running sessions, newest first."""
    return list(
        session.scalars(
            select(StaffSession)
            .where(StaffSession.staff_id == staff_id, StaffSession.expires_at > now)
            .order_by(StaffSession.id.desc())
        )
    )


def end_staff_session(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == hash_token(token)))


def end_one_staff_session(session: Session, staff_id: int, session_id: int) -> None:
    """Sign one of somebody's browsers out, from another one."""
    session.execute(
        delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id == session_id)
    )


def end_staff_sessions(session: Session, staff_id: int, *, but: int | None = None) -> None:
    """Sign somebody out everywhere, or everywhere but in one session."""
    query = delete(StaffSession).where(StaffSession.staff_id == staff_id)
    if but is not None:
        query = query.where(StaffSession.id != but)
    session.execute(query)


def forget_staff_sessions(session: Session, now: datetime) -> None:
    """Delete sessions that have run out."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
