"""Take a whole import back: what it gave, and only that.

Whoever has paid since keeps what they paid for. Subscriptions that were taken over are let go: at
the provider they run on as if we had never known of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from feeds.grants import Cause, end_grant, grants_of
from feeds.models import PrivateFeed
from podcast_server.billing.models import (
    Payment,
    PaymentLetter,
    PlanStay,
    RemoteCustomer,
    Subscription,
    SubscriptionTerms,
)
from podcast_server.moving.members.apply import Tell, quietly
from podcast_server.moving.members.errors import NoSuchImport
from podcast_server.moving.members.forget import forget_newcomer, is_untouched
from podcast_server.moving.members.imports import Desk, find_import, label_of, source_of
from podcast_server.moving.members.models import ImportedRow, MemberImport, MovedPath

_BATCH = 50


def begin_undo(session: Session, row: MemberImport) -> None:
    """From now on nothing more is given or written. Raises NoSuchImport for a draft."""
    if row.state == "draft":
        raise NoSuchImport(f"import {row.id} has not begun: nothing is there to take back")
    if row.state != "undone":
        row.state, row.inviting, row.content = "undoing", "", None
        session.flush()


def carry_on_undoing(desk: Desk, number: int, now: datetime, tell: Tell = quietly) -> None:
    """Take back all that is left. Own transactions; safe to repeat at any time."""
    done = 0
    while batch := _next(desk, number):
        with desk.till.sessions.begin() as session:
            owner = find_import(session, number)
            work = _Work(session, owner, Cause(owner.started_by, f"{label_of(owner)} undone"), now)
            rows = select(ImportedRow).where(ImportedRow.id.in_(batch), ImportedRow.state == "done")
            for row in session.scalars(rows.order_by(ImportedRow.id).with_for_update()).all():
                _take_back(work, row)
        done += len(batch)
        tell(done, 0)
    with desk.till.sessions.begin() as session:
        owner = find_import(session, number)
        session.execute(
            update(ImportedRow)
            .where(ImportedRow.import_id == number, ImportedRow.state == "waiting")
            .values(state="undone")
        )
        if owner.state == "undoing":
            owner.state, owner.undone_at, owner.problem = "undone", now, ""


def _next(desk: Desk, number: int) -> Sequence[int]:
    query = select(ImportedRow.id).where(
        ImportedRow.import_id == number, ImportedRow.state == "done"
    )
    with desk.till.reading() as session:
        if find_import(session, number).state != "undoing":
            return ()
        return session.scalars(query.order_by(ImportedRow.id).limit(_BATCH)).all()


@dataclass(frozen=True, slots=True)
class _Work:
    """One transaction's means."""

    session: Session
    owner: MemberImport
    cause: Cause
    now: datetime


def _take_back(work: _Work, row: ImportedRow) -> None:
    row.state = "undone"
    if row.member_id is None:
        return
    taken_over = list(row.made_subscriptions)
    kept = [each for each in taken_over if not _let_go(work, row.member_id, each)]
    row.made_subscriptions = kept
    for grant in grants_of(work.session, row.member_id):
        if grant.source == source_of(work.owner):
            end_grant(work.session, grant, at=work.now, cause=work.cause, now=work.now)
    if kept:
        row.state = "kept"
        return
    _close_old_paths(work, row.member_id)
    sources = {source_of(work.owner), *(f"subscription:{each}" for each in taken_over)}
    if row.made_member and is_untouched(work.session, row.member_id, sources):
        forget_newcomer(work.session, row.member_id)


def _close_old_paths(work: _Work, member_id: int) -> None:
    feeds = select(PrivateFeed.id).where(PrivateFeed.member_id == member_id)
    work.session.execute(
        delete(MovedPath).where(MovedPath.import_id == work.owner.id, MovedPath.feed_id.in_(feeds))
    )


def _let_go(work: _Work, member_id: int, subscription_id: int) -> bool:
    """Forget a subscription that was taken over; False where it was paid since."""
    session = work.session
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        return True
    about = f"subscription:{subscription.id}"
    letter = session.get(PaymentLetter, (about, "welcome"))
    since = work.owner.created_at if letter is None else letter.at
    if any(each.paid_at is not None and each.paid_at > since for each in subscription.payments):
        return False
    for grant in grants_of(session, member_id):
        if grant.source == about:
            end_grant(session, grant, at=work.now, cause=work.cause, now=work.now)
    session.execute(delete(PaymentLetter).where(PaymentLetter.about == about))
    session.execute(delete(Payment).where(Payment.subscription_id == subscription.id))
    session.execute(
        delete(SubscriptionTerms).where(SubscriptionTerms.subscription_id == subscription.id)
    )
    session.execute(delete(PlanStay).where(PlanStay.source == about))
    session.execute(
        delete(RemoteCustomer).where(
            RemoteCustomer.realm == subscription.realm,
            RemoteCustomer.ref == subscription.customer_ref,
            RemoteCustomer.member_id == member_id,
        )
    )
    session.execute(delete(Subscription).where(Subscription.id == subscription.id))
    session.expire_all()
    return True
