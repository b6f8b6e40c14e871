"""Each, weekly or never: a member's choice, and the address that ends the mails with one click."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.accounts.models import EpisodeMails
from podcast_server.accounts.signed_numbers import read_signed, write_signed

Choice = Literal["each", "weekly", "never"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
SECRET = b"podcast-server.unsubscribe"
_PURPOSE = "unsubscribe"


def choices_of(session: Session, member_id: int) -> dict[int, str]:
    """The member's choices by show; a show that is not there is "never"."""
    rows = session.scalars(select(EpisodeMails).where(EpisodeMails.member_id == member_id))
    return {row.show_id: row.choice for row in rows}


def choose(session: Session, member_id: int, show_id: int, choice: Choice, now: datetime) -> None:
    """Keep a choice. Who wants mails from now on is not told of what was before."""
    row = session.get(EpisodeMails, (member_id, show_id))
    if row is None:
        if choice == "never":
            return
        row = EpisodeMails(member_id=member_id, show_id=show_id, choice="never", told_until=now)
        session.add(row)
    if row.choice == "never" and choice != "never":
        row.told_until = now
    row.choice = choice
    session.flush()


def unsubscribe_token(secret: bytes, member_id: int, show_id: int) -> str:
    """The last part of an address that ends one show's mails to one member, for good."""
    return write_signed(secret, _PURPOSE, member_id, show_id)


def read_unsubscribe_token(secret: bytes, token: str) -> tuple[int, int] | None:
    """(member id, show id), or None when the address is not ours."""
    return read_signed(secret, _PURPOSE, token)
