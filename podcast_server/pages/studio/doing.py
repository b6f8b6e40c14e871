"""One change by somebody of the staff: the transaction, and the line in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from sqlalchemy.orm import Session

from podcast_server.accounts.staff.audit import note_action
from podcast_server.pages.studio.guard import the_person
from podcast_server.pages.wiring import current_time, the_services


@contextmanager
def doing(action: str, subject: str = "") -> Iterator[Session]:
    """A transaction that also notes who did what; nothing is noted where it fails."""
    with the_services().sessions.begin() as database:
        yield database
        note(database, action, subject)


def note(database: Session, action: str, subject: str = "") -> None:
    """What else somebody did in the transaction of a change."""
    show = g.get("show")
    note_action(
        database,
        action,
        now=current_time(),
        staff_id=the_person().id,
        show_id=None if show is None else show.id,
        subject=subject,
    )
