"""Passwords by argon2id (RFC 9106), and the brake on guessing them."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from feeds.delivery.throttle import counted_as
from podcast_server.accounts.members import AccountError
from podcast_server.accounts.sign_in import TooManyRequests
from podcast_server.accounts.staff.models import FailedSignIn, Staff

SHORTEST, LONGEST = 12, 256
WINDOW = timedelta(hours=1)
PER_EMAIL, PER_ADDRESS = 10, 30
_HASHER = PasswordHasher()  # the library's defaults follow RFC 9106's low-memory profile
# Checked when there is nobody, so that the answer takes as long and says as little.
_NOBODY = _HASHER.hash("nobody has this password")


class WeakPasswordError(AccountError):
    """The password is too short, too long, or the address itself."""


def set_password(person: Staff, password: str) -> None:
    """Set somebody's password. Raises WeakPasswordError."""
    if len(password) < SHORTEST:
        raise WeakPasswordError(f"use at least {SHORTEST} characters: a few words do well")
    if len(password) > LONGEST:
        raise WeakPasswordError(f"use at most {LONGEST} characters")
    if password.strip().lower() == person.email or len(set(password)) < 4:
        raise WeakPasswordError("this is too easy to guess: a few words do well")
    person.password_hash = _HASHER.hash(password)


def is_password(person: Staff | None, password: str) -> bool:
    """Whether it is the person's password. Takes as long for nobody as for somebody."""
    known = person.password_hash if person is not None and person.password_hash else ""
    try:
        right = _HASHER.verify(known or _NOBODY, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    if known and person is not None and _HASHER.check_needs_rehash(known):
        person.password_hash = _HASHER.hash(password)
    return bool(right and known)


def refuse_guessing(
    session: Session, email: str, address: str, secret: bytes, now: datetime
) -> None:
    """Raise TooManyRequests when too many wrong passwords came lately, for or from these."""
    email_hash, address_hash = _hashes(email, address, secret)
    _limit(session, FailedSignIn.email_hash == email_hash, PER_EMAIL, now)
    _limit(session, FailedSignIn.address_hash == address_hash, PER_ADDRESS, now)


def note_failure(session: Session, email: str, address: str, secret: bytes, now: datetime) -> None:
    """Write a wrong password down; old ones are forgotten."""
    email_hash, address_hash = _hashes(email, address, secret)
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - WINDOW))
    session.add(FailedSignIn(email_hash=email_hash, address_hash=address_hash, at=now))
    session.flush()


def _limit(session: Session, condition: ColumnElement[bool], most: int, now: datetime) -> None:
    count, first = session.execute(
        select(func.count(), func.min(FailedSignIn.at)).where(
            condition, FailedSignIn.at > now - WINDOW
        )
    ).one()
    if count >= most:
        raise TooManyRequests(first + WINDOW - now)


def _hashes(email: str, address: str, secret: bytes) -> tuple[str, str]:
    return (
        hmac.digest(secret, b"email:" + email.strip().lower().encode(), "sha256").hex(),
        hmac.digest(secret, b"address:" + counted_as(address).encode(), "sha256").hex(),
    )
