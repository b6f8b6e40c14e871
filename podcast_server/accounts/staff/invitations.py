"""Invitations to work in the studio: by mail, once, for seven days."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from podcast_server.accounts.members import AccountError, normalise_email
from podcast_server.accounts.sign_in import hash_token
from podcast_server.accounts.staff.models import Staff, StaffInvitation
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import Role, give_role

LIFE = timedelta(days=7)


class InvitationOver(AccountError):
    """The invitation was used, taken back, or is too old."""


def invite_staff(
    session: Session,
    email: str,
    role: Role,
    *,
    show_id: int | None,
    invited_by: int,
    now: datetime,
) -> tuple[StaffInvitation, str]:
    """Write an invitation down; gives the token of its link, of which only a hash is kept.

    A new one for the same address and show replaces the old. Raises BadEmailError.
    """
    email = normalise_email(email)
    same = (StaffInvitation.email == email, StaffInvitation.show_id.is_not_distinct_from(show_id))
    session.execute(delete(StaffInvitation).where(*same, StaffInvitation.used_at.is_(None)))
    token = secrets.token_urlsafe(32)
    invitation = StaffInvitation(
        token_hash=hash_token(token),
        email=email,
        show_id=show_id,
        role=role,
        invited_by=invited_by,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(invitation)
    session.flush()
    return invitation, token


def find_invitation(session: Session, token: str, now: datetime) -> StaffInvitation | None:
    """The invitation a link belongs to, if it still stands. Looking does not use it up."""
    return session.scalars(
        select(StaffInvitation).where(
            StaffInvitation.token_hash == hash_token(token),
            StaffInvitation.used_at.is_(None),
            StaffInvitation.expires_at > now,
        )
    ).first()


def accept_invitation(
    session: Session, invitation: StaffInvitation, *, name: str, locale: str, now: datetime
) -> Staff:
    """Make the invited person staff with the promised role. Raises InvitationOver when late."""
    used = session.execute(
        update(StaffInvitation)
        .where(StaffInvitation.id == invitation.id, StaffInvitation.used_at.is_(None))
        .values(used_at=now)
    )
    assert isinstance(used, CursorResult)
    if not used.rowcount:
        raise InvitationOver("this invitation was used already")
    owner = invitation.role == "owner"
    person = ensure_staff(session, invitation.email, now=now, name=name, locale=locale, owner=owner)
    if not owner and invitation.show_id is not None:
        give_role(
            session,
            person.id,
            invitation.show_id,
            "editor" if invitation.role == "editor" else "analyst",
        )
    return person


def open_invitations(session: Session, now: datetime) -> list[StaffInvitation]:
    """Those that can still be accepted, newest first."""
    return list(
        session.scalars(
            select(StaffInvitation)
            .where(StaffInvitation.used_at.is_(None), StaffInvitation.expires_at > now)
            .order_by(StaffInvitation.id.desc())
        )
    )


def take_back(session: Session, invitation_id: int) -> None:
    """Make an invitation worthless."""
    session.execute(
        delete(StaffInvitation).where(
            StaffInvitation.id == invitation_id, StaffInvitation.used_at.is_(None)
        )
    )
