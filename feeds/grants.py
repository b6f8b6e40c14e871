"""Give, change and end the right to hear; the only writer of the access row.

Every change is a row of the ledger. The access row is folded from the grants in the same
transaction, so delivery never sees one without the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from feeds.models import Access, Grant, LedgerEntry

SCOPES = ("show", "tier", "season", "episode")
NOTICES = ("", "card_failing")


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changes access and why, for the ledger."""

    actor: str
    reason: str = ""


def give_grant(
    session: Session,
    *,
    member_id: int,
    show_id: int,
    scope: str = "show",
    scope_id: int = 0,
    starts_at: datetime,
    ends_at: datetime | None,
    source: str,
    cause: Cause,
    now: datetime,
    notice: str = "",
) -> Grant:
    """Give one right, or bring the one from the same source to these terms. Idempotent.

    Times are UTC; ``ends_at`` None means for ever. Raises ValueError on an unknown scope.
    """
    if scope not in SCOPES or notice not in NOTICES:
        raise ValueError(f"unknown scope {scope!r} or notice {notice!r}")
    _hold(session, member_id, show_id)
    grant = _find(session, member_id, show_id, scope, scope_id, source)
    action = "changed"
    if grant is None:
        action = "given"
        grant = Grant(
            member_id=member_id, show_id=show_id, scope=scope, scope_id=scope_id, source=source
        )
        grant.notice = ""
        session.add(grant)
    elif (grant.starts_at, grant.ends_at, grant.notice) == (starts_at, ends_at, notice):
        return grant
    grant.starts_at, grant.ends_at, grant.notice = starts_at, ends_at, notice
    session.flush()
    _write_down(session, grant, action, cause, now)
    fold_access(session, member_id, show_id)
    return grant


def end_grant(session: Session, grant: Grant, *, at: datetime, cause: Cause, now: datetime) -> None:
    """Let a grant end at ``at`` (UTC) unless it ends earlier already."""
    _hold(session, grant.member_id, grant.show_id)
    session.refresh(grant)
    if grant.ends_at is not None and grant.ends_at <= at:
        return
    grant.ends_at = max(at, grant.starts_at)
    session.flush()
    _write_down(session, grant, "ended", cause, now)
    fold_access(session, grant.member_id, grant.show_id)


def grants_of(session: Session, member_id: int, show_id: int | None = None) -> list[Grant]:
    """A member's grants, oldest first, for one show or all."""
    query = select(Grant).where(Grant.member_id == member_id).order_by(Grant.id)
    if show_id is not None:
        query = query.where(Grant.show_id == show_id)
    return list(session.scalars(query))


def ledger_of(session: Session, member_id: int) -> list[LedgerEntry]:
    """Everything that ever changed a member's access, oldest first."""
    query = select(LedgerEntry).where(LedgerEntry.member_id == member_id).order_by(LedgerEntry.id)
    return list(session.scalars(query))


def fold_access(session: Session, member_id: int, show_id: int) -> None:
    """Rewrite the access row of one member and show from their grants."""
    row = _hold(session, member_id, show_id)
    row.windows = _windows(grants_of(session, member_id, show_id))
    session.flush()


def fold_all_access(session: Session) -> None:
    """Make every access row anew from the grants, after many came in at once."""
    session.execute(delete(Access))
    order = (Grant.member_id, Grant.show_id, Grant.id)
    grants = session.scalars(select(Grant).order_by(*order), execution_options={"yield_per": 1000})
    folded = groupby(grants, key=lambda grant: (grant.member_id, grant.show_id))
    rows = (
        {"member_id": member_id, "show_id": show_id, "windows": _windows(group)}
        for (member_id, show_id), group in folded
    )
    while batch := list(islice(rows, 1000)):
        session.execute(insert(Access), batch)


def _windows(grants: Iterable[Grant]) -> str:
    windows = [
        [
            grant.scope,
            grant.scope_id,
            int(grant.starts_at.timestamp()),
            None if grant.ends_at is None else int(grant.ends_at.timestamp()),
            grant.notice,
        ]
        for grant in grants
    ]
    return json.dumps(windows, separators=(",", ":"))


def _hold(session: Session, member_id: int, show_id: int) -> Access:
    """The access row, made if need be, and kept from others until the commit.

    Two payments of one member may be worked off at the same time. Each must see the other's
    grants before it folds them, or the later one would write the earlier one away.
    """
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"member_id": member_id, "show_id": show_id, "windows": "[]"}
    session.execute(kind.insert(Access).values(row).on_conflict_do_nothing())
    return session.get_one(
        Access, (member_id, show_id), with_for_update=True, populate_existing=True
    )


def _find(
    session: Session, member_id: int, show_id: int, scope: str, scope_id: int, source: str
) -> Grant | None:
    return session.scalars(
        select(Grant).where(
            Grant.member_id == member_id,
            Grant.show_id == show_id,
            Grant.scope == scope,
            Grant.scope_id == scope_id,
            Grant.source == source,
        ),
        execution_options={"populate_existing": True},
    ).first()


def _write_down(session: Session, grant: Grant, action: str, cause: Cause, now: datetime) -> None:
    session.add(
        LedgerEntry(
            at=now,
            member_id=grant.member_id,
            show_id=grant.show_id,
            grant_id=grant.id,
            action=action,
            actor=cause.actor,
            reason=cause.reason,
            starts_at=grant.starts_at,
            ends_at=grant.ends_at,
        )
    )
