"""Magic links: ask for one, and be let in by it once.

The link alone lets in the browser that asked. Any other browser must also know the six-digit
code of the same mail, so a link that leaks through a log, a preview or a forward is worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, select, update
from sqlalchemy.orm import Session

from feeds.delivery.throttle import counted_as
from podcast_server.accounts.members import AccountError, normalise_email
from podcast_server.accounts.models import SignInRequest
from podcast_server.ways_back import local_path

LIFE = timedelta(minutes=15)
# What the key that codes and addresses are hashed with is derived for.
SIGN_IN_SECRET = b"podcast-server.sign-in"
MAX_WRONG_CODES = 5
WINDOW = timedelta(hours=1)
# From one place for one address; then for one address, and from one place, whatever the other.
PER_BOTH, PER_EMAIL, PER_ADDRESS = 5, 15, 30
KEEP = timedelta(days=2)
# Which door a request opens. "operator" is for staff too, and was printed on the server itself.
Purpose = Literal["member", "staff", "operator"]


class TooManyRequests(AccountError):
    """Too many links were asked for; ``wait`` says for how long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many sign-in links were asked for")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and from where. ``browser`` is a random text that only that browser holds."""

    email: str
    browser: str
    address: str
    language: str
    next_path: str = ""
    show_id: int | None = None
    offer_id: str = ""
    purpose: Purpose = "member"


@dataclass(frozen=True, slots=True)
class WayIn:
    """What the mail carries; the database keeps only hashes of it."""

    request: SignInRequest
    token: str
    code: str


def ask_to_sign_in(session: Session, asking: Asking, *, secret: bytes, now: datetime) -> WayIn:
    """Write a request down. Raises BadEmailError, TooManyRequests.

    Whether a member has this address makes no difference here, so nobody can find out.
    """
    email = normalise_email(asking.email)
    address = _digest(secret, "address", counted_as(asking.address))
    if asking.purpose != "operator":
        _refuse_too_many(session, email, address, now)
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(1_000_000):06d}"
    request = SignInRequest(
        email=email,
        token_hash=hash_token(token),
        code_hash=_digest(secret, hash_token(token), code),
        browser_hash=hash_token(asking.browser),
        address_hash=address,
        language=asking.language,
        next_path=local_path(asking.next_path),
        show_id=asking.show_id,
        offer_id=asking.offer_id,
        purpose=asking.purpose,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(request)
    session.flush()
    return WayIn(request, token, code)


def find_request(
    session: Session, token: str, now: datetime, *purposes: Purpose
) -> SignInRequest | None:
    """The request a link belongs to, if it still works at this door (a member's if none is
    named). Looking does not use it up."""
    return _open(session, SignInRequest.token_hash == hash_token(token), now, purposes)


def request_of_browser(
    session: Session, browser: str, now: datetime, *purposes: Purpose
) -> SignInRequest | None:
    """The newest request this browser made, if it still works at this door."""
    return _open(session, SignInRequest.browser_hash == hash_token(browser), now, purposes)


def asked_here(request: SignInRequest, browser: str) -> bool:
    """Whether this browser made the request."""
    return bool(browser) and hmac.compare_digest(request.browser_hash, hash_token(browser))


def right_code(session: Session, request: SignInRequest, code: str, secret: bytes) -> bool:
    """Whether the code is the request's. Wrong ones are counted; the fifth ends the request."""
    given = "".join(code.split())
    if hmac.compare_digest(request.code_hash, _digest(secret, request.token_hash, given)):
        return True
    session.execute(
        update(SignInRequest)
        .where(SignInRequest.id == request.id)
        .values(wrong_codes=SignInRequest.wrong_codes + 1)
    )
    session.expire(request)
    return False


def use_request(session: Session, request: SignInRequest, now: datetime) -> bool:
    """Use the request up. False for whoever comes second."""
    used = session.execute(
        update(SignInRequest)
        .where(SignInRequest.id == request.id, SignInRequest.used_at.is_(None))
        .values(used_at=now)
    )
    assert isinstance(used, CursorResult)
    return bool(used.rowcount)


def forget_requests(session: Session, now: datetime) -> None:
    """Delete requests that are long over."""
    session.execute(delete(SignInRequest).where(SignInRequest.created_at < now - KEEP))


def hash_token(token: str) -> str:
    """What is stored of a random token: 256 bits of entropy need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _digest(secret: bytes, salt: str, text: str) -> str:
    # Codes and addresses are few; without the secret the table alone does not tell them.
    return hmac.digest(secret, f"{salt}:{text}".encode(), "sha256").hex()


def _open(
    session: Session, condition: ColumnElement[bool], now: datetime, purposes: tuple[Purpose, ...]
) -> SignInRequest | None:
    return session.scalars(
        select(SignInRequest)
        .where(
            condition,
            SignInRequest.purpose.in_(purposes or ("member",)),
            SignInRequest.used_at.is_(None),
            SignInRequest.expires_at > now,
            SignInRequest.wrong_codes < MAX_WRONG_CODES,
        )
        .order_by(SignInRequest.id.desc())
        .limit(1)
    ).first()


def _refuse_too_many(session: Session, email: str, address: str, now: datetime) -> None:
    same_email, same_address = SignInRequest.email == email, SignInRequest.address_hash == address
    _limit(session, and_(same_email, same_address), PER_BOTH, now)
    _limit(session, same_email, PER_EMAIL, now)
    _limit(session, same_address, PER_ADDRESS, now)


def _limit(session: Session, condition: ColumnElement[bool], most: int, now: datetime) -> None:
    count, first = session.execute(
        select(func.count(), func.min(SignInRequest.created_at)).where(
            condition, SignInRequest.created_at > now - WINDOW
        )
    ).one()
    if count >= most:
        raise TooManyRequests(first + WINDOW - now)
