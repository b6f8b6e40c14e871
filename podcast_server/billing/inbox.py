"""Webhooks: stored as they come, worked off later, tried again, and never lost.

A row says what to look up; the work looks it up and applies what is true now. So it does not
matter how often, how late or in which order webhooks come.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.errors import BillingError
from podcast_server.billing.events import Ref, RefKind
from podcast_server.billing.models import PaymentEvent
from podcast_server.billing.settle import settle
from podcast_server.billing.till import Till

log = logging.getLogger(__name__)

# Waits after each failed attempt; when they are used up, somebody has to look.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
# For so long an event belongs to the worker that took it; then, if that died, to the next.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """How many events were dealt with, and how many have to wait for another try."""

    done: int
    failed: int


def store_event(
    session: Session,
    *,
    realm: str,
    ref: str,
    type_: str,
    subject: Ref | None,
    body: bytes,
    now: datetime,
) -> bool:
    """Keep a verified webhook; False when it came before. Quick: nothing is looked up."""
    known = select(PaymentEvent.id).where(PaymentEvent.realm == realm, PaymentEvent.ref == ref)
    if session.scalars(known).first() is not None:
        return False
    event = PaymentEvent(
        realm=realm,
        ref=ref,
        type=type_,
        subject_kind="" if subject is None else subject.kind,
        subject_ref="" if subject is None else subject.id,
        payload=body.decode(),
        received_at=now,
        status="ignored" if subject is None else "new",
        next_try_at=now,
        done_at=now if subject is None else None,
    )
    try:
        with session.begin_nested():
            session.add(event)
    except IntegrityError:  # the same event through another door at the same moment
        return False
    return True


def work_off_events(till: Till, now: datetime, limit: int = 200) -> WorkedOff:
    """Work off what is due, oldest first. Safe to run in several workers at once.

    All waiting events about one thing are worked off by looking at it once. Own transactions.
    """
    done = failed = 0
    for event_id in _due(till, now, limit):
        taken = _take(till, event_id, now)
        if not taken:
            continue
        if _work_off(till, taken, now):
            done += len(taken)
        else:
            failed += len(taken)
    return WorkedOff(done, failed)


def _due(till: Till, now: datetime, limit: int) -> Sequence[int]:
    with till.reading() as session:
        return session.scalars(
            select(PaymentEvent.id)
            .where(PaymentEvent.status == "new", PaymentEvent.next_try_at <= now)
            .order_by(PaymentEvent.next_try_at, PaymentEvent.id)
            .limit(limit)
        ).all()


def _take(till: Till, event_id: int, now: datetime) -> list[PaymentEvent]:
    """Lease the event and all due ones about the same thing; nothing if another worker has it."""
    with till.sessions.begin() as session:
        first = session.get_one(PaymentEvent, event_id)
        due = (
            PaymentEvent.realm == first.realm,
            PaymentEvent.subject_kind == first.subject_kind,
            PaymentEvent.subject_ref == first.subject_ref,
            PaymentEvent.status == "new",
            PaymentEvent.next_try_at <= now,
        )
        query = select(PaymentEvent).where(*due).order_by(PaymentEvent.id)
        events = session.scalars(query.with_for_update(skip_locked=True)).all()
        # Done meanwhile, or another worker's: what came later about the same thing is nobody's yet,
        # and would wait out a lease that nobody uses.
        if not any(event.id == event_id for event in events):
            return []
        for event in events:
            event.attempts += 1
            event.next_try_at = now + LEASE
        return list(events)


def _work_off(till: Till, events: Sequence[PaymentEvent], now: datetime) -> bool:
    first = events[0]
    error = ""
    kind: RefKind = first.subject_kind  # type: ignore[assignment]  # as stored by store_event
    cause = Cause(f"{first.realm.partition(':')[0]}:{first.ref}"[:80], first.type)
    try:
        settle(till, first.realm, Ref(kind, first.subject_ref), cause, now)
    except BillingError as problem:
        error = str(problem)
    except Exception as problem:
        # Whatever it is must not keep the others from being worked off.
        log.exception("payment event %s could not be worked off", first.ref)
        error = f"{type(problem).__name__}: {problem}"
    with till.sessions.begin() as session:
        for event in events:
            _write_outcome(session.get_one(PaymentEvent, event.id), error, now)
    return not error


def _write_outcome(event: PaymentEvent, error: str, now: datetime) -> None:
    if event.status != "new":  # replayed or finished meanwhile
        return
    event.error = error[:500]
    if not error:
        event.status, event.done_at = "done", now
    elif event.attempts > len(WAITS):
        event.status = "needs_attention"
    else:
        event.next_try_at = now + WAITS[event.attempts - 1]


def replay_event(session: Session, event: PaymentEvent, now: datetime) -> None:
    """Work it off again with the next run, whatever came of it before."""
    if event.subject_kind:
        event.status, event.attempts, event.next_try_at = "new", 0, now
        event.error, event.done_at = "", None
        session.flush()


def find_event(session: Session, ref: str) -> PaymentEvent | None:
    """An event by the provider's id."""
    return session.scalars(select(PaymentEvent).where(PaymentEvent.ref == ref)).first()


def list_events(session: Session, *, status: str = "", limit: int = 50) -> list[PaymentEvent]:
    """The newest events, of one status or all."""
    query = select(PaymentEvent).order_by(PaymentEvent.id.desc()).limit(limit)
    if status:
        query = query.where(PaymentEvent.status == status)
    return list(session.scalars(query))


def forget_events(session: Session, before: datetime) -> None:
    """Delete finished events received before; Stripe repeats none that are older than days."""
    session.execute(
        delete(PaymentEvent).where(
            PaymentEvent.received_at < before, PaymentEvent.status.in_(("done", "ignored"))
        )
    )


def release_events(session: Session, now: datetime) -> None:
    """Try everything that waits now, for example after the provider was down."""
    session.execute(
        update(PaymentEvent)
        .where(PaymentEvent.status == "new", PaymentEvent.next_try_at > now)
        .values(next_try_at=now)
    )
