"""What was done in the studio, by whom. Entries are only ever added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.accounts.staff.models import AuditEntry, Staff


def note_action(
    session: Session,
    action: str,
    *,
    now: datetime,
    staff_id: int | None,
    show_id: int | None = None,
    subject: str = "",
) -> None:
    """Write an action down in the transaction that does it. Name no secret in ``subject``."""
    session.add(
        AuditEntry(at=now, staff_id=staff_id, show_id=show_id, action=action, subject=subject[:255])
    )


def newest_actions(
    session: Session, *, show_id: int | None = None, before: int | None = None, limit: int = 100
) -> list[tuple[AuditEntry, Staff | None]]:
    """Newest first; of one show, or of all. ``before`` is the id to go on from."""
    query = select(AuditEntry, Staff).outerjoin(Staff, Staff.id == AuditEntry.staff_id)
    if show_id is not None:
        query = query.where(AuditEntry.show_id == show_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    rows = session.execute(query.order_by(AuditEntry.id.desc()).limit(limit))
    return [(entry, person) for entry, person in rows]
