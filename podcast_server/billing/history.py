"""Write down how it was, whenever it changes: stays on plans, and terms of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcast_server.billing.models import PlanStay, Subscription, SubscriptionTerms


@dataclass(frozen=True, slots=True)
class Stay:
    """A running membership of a plan; ``ends_at`` None is for ever."""

    plan_id: int
    member_id: int
    starts_at: datetime
    ends_at: datetime | None


def note_stay(session: Session, source: str, running: Stay | None, now: datetime) -> None:
    """One source's membership as it stands now; None where it opens nothing. Idempotent."""
    last = session.scalars(
        select(PlanStay).where(PlanStay.source == source).order_by(PlanStay.id.desc()).limit(1)
    ).first()
    if last is not None and running is not None and last.plan_id == running.plan_id:
        last.ends_at = running.ends_at
        return
    if last is not None and (last.ends_at is None or last.ends_at > now):
        last.ends_at = max(now, last.starts_at)
    if running is not None:
        starts_at = running.starts_at if last is None else now
        session.add(
            PlanStay(
                source=source,
                member_id=running.member_id,
                plan_id=running.plan_id,
                starts_at=starts_at,
                ends_at=running.ends_at,
            )
        )


def note_terms(session: Session, subscription: Subscription, asked_at: datetime) -> None:
    """What a subscription brings in, as the provider had it at ``asked_at``. Idempotent."""
    last = session.scalars(
        select(SubscriptionTerms)
        .where(SubscriptionTerms.subscription_id == subscription.id)
        .order_by(SubscriptionTerms.id.desc())
        .limit(1)
    ).first()
    present = _present_terms(subscription)
    running = last if last is not None and last.ends_at is None else None
    if running is not None:
        if present is not None and _is_same(running, present):
            return
        running.ends_at = max(running.starts_at, _ended(subscription, asked_at))
    if present is not None:
        present.starts_at = asked_at if last is not None else _began(subscription, asked_at)
        session.add(present)


def _present_terms(subscription: Subscription) -> SubscriptionTerms | None:
    counts = subscription.status == "active" and subscription.purpose != "donation"
    if not counts or subscription.plan_id is None:
        return None
    return SubscriptionTerms(
        subscription_id=subscription.id,
        plan_id=subscription.plan_id,
        amount=subscription.amount * subscription.quantity,
        currency=subscription.currency,
        interval=subscription.interval,
        interval_count=subscription.interval_count,
    )


_COMPARED = ("plan_id", "amount", "currency", "interval", "interval_count")


def _is_same(one: SubscriptionTerms, other: SubscriptionTerms) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _COMPARED)


def _began(subscription: Subscription, asked_at: datetime) -> datetime:
    """When money began to come in: at the start, or at the end of a trial."""
    began = max(subscription.started_at, subscription.trial_end or subscription.started_at)
    return min(began, asked_at)


def _ended(subscription: Subscription, asked_at: datetime) -> datetime:
    """When it stopped: news of it may be late."""
    known = subscription.ended_at or subscription.past_due_since
    return asked_at if known is None else min(known, asked_at)
