"""Take over what somebody pays already: their subscription at the provider becomes one of ours.

Nothing is billed, changed or cancelled there. From then on webhooks and reconcile apply to it as
to any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.bookkeeping import find_subscription
from podcast_server.billing.doubles import RUNNING
from podcast_server.billing.events import Ref, SubscriptionFact
from podcast_server.billing.models import (
    ForeignPrice,
    PaymentLetter,
    Price,
    RemoteObject,
    Subscription,
)
from podcast_server.billing.providers.base import PaymentProvider
from podcast_server.billing.settle import apply_facts
from podcast_server.billing.till import Terms

Found = Sequence[SubscriptionFact]


@dataclass(slots=True)
class Adopted:
    """Which rows it made, whether any subscription is theirs now, and else why not."""

    made: list[int] = field(default_factory=list)
    holds: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose subscriptions they become. ``plan_id`` is what a price pays for that we do not know;
    ``named``: the file named the subscription itself, not only who pays."""

    member_id: int
    plan_id: int | None
    named: bool


def look_up(provider: PaymentProvider, customer: str, subscription: str) -> Found:
    """Their subscriptions at the provider, ended ones too. Slow; raises ProviderError."""
    ref = Ref("subscription", subscription) if subscription else Ref("customer", customer)
    return [fact for fact in provider.look_up(ref) if isinstance(fact, SubscriptionFact)]


def adopt(
    session: Session, terms: Terms, found: Found, payer: Payer, cause: Cause, now: datetime
) -> Adopted:
    """Make what runs of ``found`` the payer's. Idempotent."""
    running = [fact for fact in found if fact.status != "ended"]
    outcome = Adopted(problem="" if running else "nothing_running")
    for fact in running:
        outcome.problem = _adopt_one(session, fact, payer, outcome, alone=len(running) == 1)
        apply_facts(session, terms, [fact], cause, now)
    for row_id in outcome.made:  # the invitation is their welcome
        session.add(PaymentLetter(about=f"subscription:{row_id}", kind="welcome", at=now))
    return outcome


def _adopt_one(
    session: Session, fact: SubscriptionFact, payer: Payer, outcome: Adopted, *, alone: bool
) -> str:
    """Make one a row of ours; the reason why not, or ""."""
    known = find_subscription(session, fact.realm, fact.ref)
    if known is not None:
        theirs = known.member_id == payer.member_id
        outcome.holds = outcome.holds or theirs
        return "" if theirs else "somebody_else"
    # Who pays for several things may pay for some that are none of ours.
    guess = payer.plan_id if payer.named or alone else None
    price, plan = _what_it_pays_for(session, fact, guess)
    if plan is None:
        return "no_plan" if alone or payer.named else "several"
    if _pays_already(session, payer.member_id, plan):
        return "pays_already"
    outcome.made.append(_make(session, fact, payer.member_id, plan, price).id)
    outcome.holds = True
    return ""


def _what_it_pays_for(
    session: Session, fact: SubscriptionFact, plan_id: int | None
) -> tuple[int | None, int | None]:
    """(our price, our plan): by the price's or product's id where we published it."""
    line = fact.line
    price_id = _published(session, fact.realm, "price", line.price_ref)
    if price_id is not None:
        return price_id, session.get_one(Price, price_id).plan_id
    foreign = session.get(ForeignPrice, (fact.realm, line.price_ref))
    if foreign is not None:
        return None, foreign.plan_id
    own = _published(session, fact.realm, "plan", line.product_ref)
    if own is None and plan_id is not None:
        session.add(ForeignPrice(realm=fact.realm, ref=line.price_ref, plan_id=plan_id))
    return None, own or plan_id


def _published(session: Session, realm: str, kind: str, ref: str) -> int | None:
    return session.scalars(
        select(RemoteObject.local_id).where(
            RemoteObject.realm == realm, RemoteObject.kind == kind, RemoteObject.ref == ref
        )
    ).first()


def _pays_already(session: Session, member_id: int, plan_id: int) -> bool:
    """A second one of the same plan would be taken for a mistake, and be paid back."""
    query = select(Subscription.id).where(
        Subscription.member_id == member_id,
        Subscription.plan_id == plan_id,
        Subscription.purpose == "membership",
        Subscription.status.in_(RUNNING),
    )
    return session.scalars(query).first() is not None


def _make(
    session: Session, fact: SubscriptionFact, member_id: int, plan_id: int, price_id: int | None
) -> Subscription:
    row = Subscription(
        realm=fact.realm,
        ref=fact.ref,
        customer_ref=fact.customer_ref,
        purpose="membership",
        member_id=member_id,
        plan_id=plan_id,
        price_id=price_id,
        status="pending",
        amount=fact.line.each.amount,
        currency=fact.line.each.currency,
        interval=fact.line.interval.unit,
        interval_count=fact.line.interval.count,
        quantity=fact.line.quantity,
        started_at=fact.started_at,
    )
    session.add(row)
    session.flush()
    return row
