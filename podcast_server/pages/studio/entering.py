"""From somebody known to a signed-in browser, and out again."""

from __future__ import annotations

from flask import g, request, session
from sqlalchemy.orm import Session

from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.sessions import start_staff_session
from podcast_server.pages.member.device import device_name
from podcast_server.pages.studio.guard import KEY
from podcast_server.pages.wiring import current_time


def sign_in_staff(database: Session, person: Staff, how: str) -> str:
    """Start a session in the caller's transaction; gives what ``remember_staff`` keeps."""
    now = current_time()
    device = device_name(request.user_agent.string)
    note_action(database, f"sign-in.{how}", now=now, staff_id=person.id, subject=device)
    return start_staff_session(database, person.id, device=device, now=now)


def remember_staff(token: str) -> None:
    """Keep a fresh session in a fresh cookie (no fixation); a member's session stays."""
    as_member = session.get("signed_in")
    session.clear()
    if as_member is not None:
        session["signed_in"] = as_member
    session[KEY] = token
    session.permanent = True
    g.pop("worker", None)


def forget_staff() -> str | None:
    """Take the studio out of the cookie; gives the token that was in it."""
    token = session.pop(KEY, None)
    return token if isinstance(token, str) else None
