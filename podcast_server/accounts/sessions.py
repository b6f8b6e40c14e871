"""Who is signed in: sessions in the database, so that they can be listed and ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from podcast_server.accounts.models import Member, SignIn
from podcast_server.accounts.sign_in import hash_token

LIFE = timedelta(days=60)


def start_session(session: Session, member_id: int, *, device: str, now: datetime) -> str:
    """Sign a browser in; gives the token it must keep. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hash_token(token),
            member_id=member_id,
            device=device[:120],
            created_at=now,
            seen_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> tuple[Member, SignIn] | None:
    """Whose session a token is, if it still runs."""
    row = session.execute(
        select(Member, SignIn)
        .join(SignIn, SignIn.member_id == Member.id)
        .where(SignIn.token_hash == hash_token(token), SignIn.expires_at > now)
    ).first()
    return None if row is None else (row[0], row[1])


def sessions_of(session: Session, member_id: int, now: datetime) -> list[SignIn]:
    """A member's running sessions, newest first."""
    return list(
        session.scalars(
            select(SignIn)
            .where(SignIn.member_id == member_id, SignIn.expires_at > now)
            .order_by(SignIn.id.desc())
        )
    )


def end_session(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def end_sessions(session: Session, member_id: int, *, but: int | None = None) -> None:
    """Sign a member out everywhere, or everywhere but in one session."""
    query = delete(SignIn).where(SignIn.member_id == member_id)
    if but is not None:
        query = query.where(SignIn.id != but)
    session.execute(query)


def forget_sessions(session: Session, now: datetime) -> None:
    """Delete sessions that have run out."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
