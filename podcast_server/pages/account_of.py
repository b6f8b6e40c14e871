"""Which account a request's cookie opens, for what is counted by account."""

from __future__ import annotations

from contextlib import suppress

from flask import session
from sqlalchemy.exc import SQLAlchemyError

from podcast_server.accounts.staff.sessions import find_staff_session
from podcast_server.database import reading
from podcast_server.pages.member.signed_in import find_signed_in
from podcast_server.pages.studio.guard import KEY
from podcast_server.pages.wiring import current_time, the_services


def account_of() -> str:
    """A name for the person who is signed in, the same in all their sessions.

    Nothing for strangers, for cookies of sessions that have ended, and while the database is away.
    """
    with suppress(SQLAlchemyError):
        token = session.get(KEY)
        if isinstance(token, str):
            with reading(the_services().engine) as database:
                found = find_staff_session(database, token, current_time())
            if found is not None:
                return f"staff {found[0].id}"
        member = find_signed_in()
        if member is not None:
            return f"member {member.member.id}"
    return ""
