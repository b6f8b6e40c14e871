"""Recovery codes: ten on paper, each good for one sign-in when everything else is lost."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from podcast_server.accounts.sign_in import hash_token
from podcast_server.accounts.staff.models import RecoveryCode

COUNT = 10


def make_recovery_codes(session: Session, staff_id: int) -> list[str]:
    """Ten fresh codes of 80 bits, in place of all earlier ones. Only hashes are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    codes = [_new_code() for _ in range(COUNT)]
    session.add_all(
        RecoveryCode(staff_id=staff_id, code_hash=hash_token(_bare(code))) for code in codes
    )
    session.flush()
    return codes


def use_recovery_code(session: Session, staff_id: int, given: str, now: datetime) -> bool:
    """Whether it is one of somebody's unused codes; it is used up by asking."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.staff_id == staff_id,
            RecoveryCode.code_hash == hash_token(_bare(given)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    assert isinstance(used, CursorResult)
    return bool(used.rowcount)


def codes_left(session: Session, staff_id: int) -> int:
    """How many codes can still be used."""
    query = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(query) or 0


def _new_code() -> str:
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _bare(code: str) -> str:
    return "".join(char for char in code.lower() if char.isalnum())
