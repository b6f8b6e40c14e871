"""Find, add and change staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcast_server.accounts.members import AccountError, normalise_email
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.sessions import end_staff_sessions


class NoSuchStaffError(AccountError):
    """Nobody of the staff is known by this address."""


class LastOwnerError(AccountError):
    """The last owner cannot go: nobody could let anybody in any more."""


def has_staff(session: Session) -> bool:
    """Whether anybody was ever set up; until then the first-run page is open."""
    return session.scalar(select(Staff.id).limit(1)) is not None


def ensure_staff(
    session: Session,
    email: str,
    *,
    now: datetime,
    name: str = "",
    locale: str = "en",
    owner: bool = False,
) -> Staff:
    """The person with this address, made if new. An owner stays one. Raises BadEmailError."""
    email = normalise_email(email)
    person = session.scalars(select(Staff).where(Staff.email == email)).first()
    if person is None:
        person = Staff(email=email, name=name.strip()[:255], locale=locale, created_at=now)
        session.add(person)
    person.is_owner = bool(person.is_owner or owner)
    person.disabled_at = None
    session.flush()
    return person


def find_staff(session: Session, email: str) -> Staff:
    """The person with this address who may still work here. Raises NoSuchStaffError."""
    person = session.scalars(
        select(Staff).where(Staff.email == email.strip().lower(), Staff.disabled_at.is_(None))
    ).first()
    if person is None:
        raise NoSuchStaffError(f"nobody of the staff has the address “{email.strip()[:100]}”")
    return person


def list_staff(session: Session) -> list[Staff]:
    """Everybody who may work here, owners first, then by address."""
    return list(
        session.scalars(
            select(Staff)
            .where(Staff.disabled_at.is_(None))
            .order_by(Staff.is_owner.desc(), Staff.email)
        )
    )


def disable_staff(session: Session, person: Staff, now: datetime) -> None:
    """End somebody's work here: their sessions end now. Raises LastOwnerError."""
    if person.is_owner:
        keep_an_owner(session)
    person.disabled_at = now
    end_staff_sessions(session, person.id)
    session.flush()


def keep_an_owner(session: Session) -> None:
    """Raise LastOwnerError where there is only one owner left."""
    query = select(func.count(Staff.id)).where(Staff.is_owner, Staff.disabled_at.is_(None))
    if (session.scalar(query) or 0) < 2:
        raise LastOwnerError("this is the last owner: make somebody else an owner first")
