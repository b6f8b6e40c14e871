"""Give what an import brings: in batches, each whole or not at all, so that it can be killed
at any moment and run again without anything doubled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from feeds.grants import Cause, give_grant, grants_of
from feeds.private_feeds import ensure_feed
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.billing.entitle import Right
from podcast_server.billing.errors import ProviderRefused
from podcast_server.moving.members.adopt import Adopted, Found, Payer, adopt, look_up
from podcast_server.moving.members.imports import Desk, find_import, label_of, source_of
from podcast_server.moving.members.keep import keep_rows
from podcast_server.moving.members.models import ImportedRow, MemberImport
from podcast_server.moving.members.paths import keep_path
from podcast_server.moving.members.verdicts import is_covered

log = logging.getLogger(__name__)

_BATCH = 50
Tell = Callable[[int, int], None]  # how many rows are through, of how many


def quietly(_done: int, _all: int) -> None:
    """Tell nobody."""


def carry_on(desk: Desk, number: int, now: datetime, tell: Tell = quietly) -> None:
    """Do all that is left of an import. Own transactions; safe to repeat at any time.

    Raises ProviderError where payments cannot be looked up now, and the errors of reading.
    """
    with desk.till.reading() as session:
        state = find_import(session, number).state
    if state == "reading":
        keep_rows(desk, number, now)
        state = "applying"
    if state == "applying":
        _give_all(desk, number, now, tell)


def _give_all(desk: Desk, number: int, now: datetime, tell: Tell) -> None:
    with desk.till.reading() as session:
        count = select(func.count()).where(ImportedRow.import_id == number)
        total = session.scalar(count) or 0
        left = session.scalar(count.where(ImportedRow.state == "waiting")) or 0
    tell(total - left, total)
    while batch := _next(desk, number):
        left -= _give_batch(desk, number, batch, now)
        tell(total - left, total)
    with desk.till.sessions.begin() as session:
        row = find_import(session, number)
        if row.state == "applying":
            row.state, row.applied_at, row.problem = "applied", now, ""


def _next(desk: Desk, number: int) -> Sequence[ImportedRow]:
    query = select(ImportedRow).where(
        ImportedRow.import_id == number, ImportedRow.state == "waiting"
    )
    with desk.till.reading() as session:
        return session.scalars(query.order_by(ImportedRow.id).limit(_BATCH)).all()


@dataclass(frozen=True, slots=True)
class _Work:
    """One transaction's means."""

    session: Session
    desk: Desk
    owner: MemberImport
    cause: Cause
    now: datetime


def _give_batch(desk: Desk, number: int, batch: Sequence[ImportedRow], now: datetime) -> int:
    found = {row.id: _ask(desk, row) for row in batch}  # slow, so before the transaction
    wanted = select(ImportedRow).where(ImportedRow.id.in_(found), ImportedRow.state == "waiting")
    with desk.till.sessions.begin() as session:
        owner = find_import(session, number)
        if owner.state != "applying":  # undone meanwhile
            return len(batch)
        work = _Work(session, desk, owner, Cause(owner.started_by, label_of(owner)), now)
        for row in session.scalars(wanted.order_by(ImportedRow.id).with_for_update()).all():
            _give(work, row, found[row.id])
    return len(batch)


def _ask(desk: Desk, row: ImportedRow) -> Found | None:
    """Their subscriptions; None where the file names nobody. Ones that cannot be understood
    are unknown, since they must not hold up everybody else."""
    provider = desk.provider()
    if provider is None or not (row.customer_ref or row.subscription_ref):
        return None
    try:
        return look_up(provider, row.customer_ref, row.subscription_ref)
    except ProviderRefused as error:
        log.warning("row %d of import %d: %s", row.number, row.import_id, error)
        return ()


def _give(work: _Work, row: ImportedRow, found: Found | None) -> None:
    """Everything one row brings, or the reason why nothing."""
    if found is not None and not _brings_anything(work.owner, row, found):
        unknown = row.subscription_ref and not found
        row.state = "problem"
        row.reason = "unknown_subscription" if unknown else "nothing_running"
        return
    problem = ""
    attempt = work.session.begin_nested()
    try:
        problem = _give_to(work, row, found or ())
    finally:
        if problem:
            attempt.rollback()
        elif attempt.is_active:
            attempt.commit()
    if problem:
        row.state, row.reason = "problem", problem


def _brings_anything(owner: MemberImport, row: ImportedRow, found: Found) -> bool:
    """Whether there is a running subscription, or the file says more than who pays.

    A row that names its subscription, or a file of payers alone, brings nothing but that.
    """
    if any(fact.status != "ended" for fact in found):
        return True
    payers_alone = owner.source in {"stripe_customers", "stripe_subscriptions"}
    return not row.subscription_ref and not payers_alone


def _give_to(work: _Work, row: ImportedRow, found: Found) -> str:
    """Make the member and all that is theirs; what stands against it, or ""."""
    session, now = work.session, work.now
    known = session.scalars(select(Member.id).where(Member.email == row.email)).first()
    name = row.name if known is None else ""
    member = ensure_member(session, row.email, now=now, name=name, locale=work.desk.language)
    adopted = Adopted()
    if found:
        payer = Payer(member.id, row.plan_id, named=bool(row.subscription_ref))
        adopted = adopt(session, work.desk.till.terms, found, payer, work.cause, now)
        if adopted.problem in {"no_plan", "several", "somebody_else"} and not adopted.holds:
            return adopted.problem
    row.member_id, row.made_member = member.id, known is None
    row.made_subscriptions = adopted.made
    row.state, row.reason = "done", adopted.problem or row.reason
    if not adopted.holds and adopted.problem != "pays_already":
        _give_rights(work, row, member.id)
    _give_feeds(work, row, member.id)
    return ""


def _give_rights(work: _Work, row: ImportedRow, member_id: int) -> None:
    if row.ends_at is not None and row.ends_at <= work.now:
        return
    there = grants_of(work.session, member_id)
    begun = work.owner.created_at
    for show_id, scope, scope_id in row.rights:
        if is_covered(there, Right(show_id, scope, scope_id), row.ends_at, work.now):
            continue
        give_grant(
            work.session,
            member_id=member_id,
            show_id=show_id,
            scope=scope,
            scope_id=scope_id,
            starts_at=min(row.joined_at or begun, begun),
            ends_at=row.ends_at,
            source=source_of(work.owner),
            cause=work.cause,
            now=work.now,
        )


def _give_feeds(work: _Work, row: ImportedRow, member_id: int) -> None:
    """A feed of each show; the old address leads to the first."""
    session, now = work.session, work.now
    key = work.desk.till.terms.signing_key
    feeds = [
        ensure_feed(session, member_id=member_id, show_id=show_id, signing_key=key, now=now)
        for show_id in row.shows
    ]
    if feeds:
        keep_path(session, row.old_path_hash, feeds[0].show_id, feeds[0].id, work.owner.id, now)
