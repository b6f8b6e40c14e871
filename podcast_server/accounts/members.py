"""Find, add and change members. People are known by e-mail address, whatever its case."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.accounts.models import Member

# Deliberately loose: the confirmation mail is the real test of an address.
_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f<>,;\"]{1,64}@[^@\s\x00-\x1f\x7f<>,;\"]+\.[^@\s\x00-\x1f\x7f<>,;\".]{2,}"
)


class AccountError(Exception):
    """Base of what can go wrong with people; the text is for them."""


class BadEmailError(AccountError):
    """The text is not an e-mail address."""


class NoSuchMemberError(AccountError):
    """Nobody is known by this address."""


def normalise_email(text: str) -> str:
    """The form addresses are stored in. Raises BadEmailError."""
    email = text.strip().lower()
    if len(email) > 320 or not _EMAIL.fullmatch(email):
        raise BadEmailError(f"“{text.strip()[:100]}” is not an e-mail address")
    return email


def ensure_member(
    session: Session, email: str, *, now: datetime, name: str = "", locale: str = "en"
) -> Member:
    """The member with this address, made if new. Raises BadEmailError."""
    email = normalise_email(email)
    member = session.scalars(select(Member).where(Member.email == email)).first()
    if member is None:
        member = Member(email=email, name=name.strip(), locale=locale, created_at=now)
        session.add(member)
        session.flush()
    elif name.strip():
        member.name = name.strip()
    return member


def find_member(session: Session, email: str) -> Member:
    """The member with this address. Raises NoSuchMemberError."""
    wanted = email.strip().lower()
    member = session.scalars(select(Member).where(Member.email == wanted)).first()
    if member is None:
        raise NoSuchMemberError(f"there is no member “{email.strip()}”")
    return member


def is_erased(member: Member) -> bool:
    """Whether only the number is left of somebody who deleted their account."""
    return "@" not in member.email


def list_members(session: Session, *, limit: int = 10_000) -> list[Member]:
    """Members by address."""
    return list(session.scalars(select(Member).order_by(Member.email).limit(limit)))
