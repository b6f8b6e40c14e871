"""Walk the providers' books against ours, repair each difference, and say what was found.

Run every night and by hand. What webhooks brought, this finds too: they only make it sooner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.accounts.models import Member
from podcast_server.billing.entitle import (
    entitle_comp,
    entitle_gift,
    entitle_purchase,
    entitle_subscription,
    entries_after,
    last_entry,
)
from podcast_server.billing.errors import BillingError, ProviderError
from podcast_server.billing.events import Facts, Ref, SubscriptionFact
from podcast_server.billing.history import note_terms
from podcast_server.billing.models import Checkout, Comp, Gift, Purchase, Subscription
from podcast_server.billing.plans import ALIVE
from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.billing.settle import apply_facts, settle
from podcast_server.billing.till import Till

CAUSE = Cause("reconcile", "the provider's books say so")
# Payments and refunds of so long are looked at again; subscriptions always.
SPAN = timedelta(days=30)
_BATCH = 200


@dataclass(slots=True)
class Report:
    """What was looked at; access that was wrong and is right now; what a person must look at."""

    looked_at: int = 0
    repaired: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def reconcile(till: Till, now: datetime, span: timedelta = SPAN) -> Report:
    """Compare everything. Own transactions, each small. Raises nothing of the providers':
    one that cannot be reached is a problem in the report."""
    report = Report()
    for provider in till.providers.values():
        try:
            seen = _walk(till, provider, now - span, now, report)
            _look_for_lost(till, provider, seen, now, report)
            _finish_checkouts(till, provider, now, report)
        except BillingError as error:
            report.problems.append(f"{provider.realm}: {error}")
    _end_play_money(till, now)
    _entitle_all(till, now, report)
    _collect_problems(till, report)
    return report


def _walk(
    till: Till, provider: PaymentProvider, since: datetime, now: datetime, report: Report
) -> set[str]:
    seen: set[str] = set()
    for facts in provider.walk(since):
        seen.update(fact.ref for fact in facts if isinstance(fact, SubscriptionFact))
        report.looked_at += len(facts)
        missing = _apply(till, facts, now, report)
        for ref in missing:
            _settle(till, provider.realm, ref, now, report)
    return seen


def _apply(till: Till, facts: Facts, now: datetime, report: Report) -> Sequence[Ref]:
    with till.sessions.begin() as session:
        before = last_entry(session)
        written = apply_facts(session, till.terms, facts, CAUSE, now)
        _note_changes(session, before, report)
    return written.missing


def _settle(till: Till, realm: str, ref: Ref, now: datetime, report: Report) -> None:
    with till.reading() as session:
        before = last_entry(session)
    settle(till, realm, ref, CAUSE, now)
    with till.reading() as session:
        _note_changes(session, before, report)


def _note_changes(session: Session, before: int, report: Report) -> None:
    for entry in entries_after(session, before):
        if entry.actor != CAUSE.actor:
            continue
        who = session.get(Member, entry.member_id)
        until = "" if entry.ends_at is None else f" until {entry.ends_at:%Y-%m-%d %H:%M}"
        name = "somebody" if who is None else who.email
        report.repaired.append(f"{name}: access {entry.action}{until}")


def _look_for_lost(
    till: Till, provider: PaymentProvider, seen: set[str], now: datetime, report: Report
) -> None:
    """Subscriptions we believe in and the provider did not list."""
    with till.reading() as session:
        ours = session.scalars(
            select(Subscription.ref).where(
                Subscription.realm == provider.realm, Subscription.status.in_(ALIVE)
            )
        ).all()
    for ref in ours:
        if ref not in seen:
            report.looked_at += 1
            if provider.look_up(Ref("subscription", ref)):
                _settle(till, provider.realm, Ref("subscription", ref), now, report)
            else:
                report.problems.append(f"{provider.realm} does not know our subscription {ref}")


def _finish_checkouts(till: Till, provider: PaymentProvider, now: datetime, report: Report) -> None:
    """Checkouts that were paid or ran out without our hearing of it."""
    with till.reading() as session:
        waiting = session.scalars(
            select(Checkout.ref).where(
                Checkout.realm == provider.realm,
                Checkout.state.in_(("open", "complete")),
                Checkout.ref != "",
            )
        ).all()
    for ref in waiting:
        report.looked_at += 1
        try:
            _settle(till, provider.realm, Ref("checkout", ref), now, report)
        except ProviderError as error:
            report.problems.append(f"checkout {ref}: {error}")


def _end_play_money(till: Till, now: datetime) -> None:
    """Once the account is live, memberships of test mode are over: nobody hears of them again,
    and they would hold places, and keep their members from joining and from leaving."""
    with till.sessions.begin() as session:
        in_test_mode = select(Subscription).where(
            Subscription.realm.endswith(":test"), Subscription.status.in_(ALIVE)
        )
        for each in session.scalars(in_test_mode):
            if till.terms.is_void(each.realm):
                each.status, each.ended_at = "ended", now
                note_terms(session, each, now)


def _entitle_all(till: Till, now: datetime, report: Report) -> None:
    """Rights anew from our own rows: plans that open more now, test money after going live."""
    for model in (Subscription, Purchase, Gift, Comp):
        for ids in _batches(till, model):
            with till.sessions.begin() as session:
                before = last_entry(session)
                for each in ids:
                    _entitle(session, till, session.get_one(model, each), now)
                _note_changes(session, before, report)


def _entitle(session: Session, till: Till, row: object, now: datetime) -> None:
    match row:
        case Subscription():
            entitle_subscription(session, till.terms, row, CAUSE, now)
        case Purchase():
            entitle_purchase(session, till.terms, row, CAUSE, now)
        case Gift():
            entitle_gift(session, till.terms, row, CAUSE, now)
        case Comp():
            entitle_comp(session, till.terms, row, CAUSE, now)


def _batches(
    till: Till, model: type[Subscription | Purchase | Gift | Comp]
) -> Iterator[Sequence[int]]:
    last = 0
    while True:
        with till.reading() as session:
            ids = session.scalars(
                select(model.id).where(model.id > last).order_by(model.id).limit(_BATCH)
            ).all()
        if not ids:
            return
        last = ids[-1]
        yield ids


def _collect_problems(till: Till, report: Report) -> None:
    with till.reading() as session:
        for each in session.scalars(select(Subscription).where(Subscription.problem != "")):
            report.problems.append(f"subscription {each.ref}: {each.problem}")
