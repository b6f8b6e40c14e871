"""How an order of the manual provider stands at a moment. Pure reading of its rows."""

from __future__ import annotations

from datetime import datetime

from podcast_server.billing.events import (
    CheckoutFact,
    CheckoutStatus,
    Fact,
    Line,
    PaymentFact,
    SubscriptionFact,
    SubscriptionStatus,
)
from podcast_server.billing.intervals import UNITS, Interval, after
from podcast_server.billing.models import ManualOrder, ManualPayment
from podcast_server.billing.money import Money

REALM = "manual"


def interval_of(order: ManualOrder) -> Interval:
    """How long one payment lasts."""
    for unit in UNITS:
        if order.interval == unit:
            return Interval(unit, order.interval_count)
    raise ValueError(f"order {order.ref} does not repeat")


def period_end(order: ManualOrder) -> datetime:
    """Until when it is paid, or tried; for an order nobody paid, its beginning."""
    if order.anchor is not None and order.periods_paid:
        return after(order.anchor, interval_of(order), order.periods_paid)
    return order.trial_end or order.created_at


def status_of(order: ManualOrder, now: datetime) -> SubscriptionStatus:
    """The order's standing in the words of subscriptions."""
    if order.ended_at is not None or (order.cancel_at is not None and order.cancel_at <= now):
        return "ended"
    if order.periods_paid:
        return "active" if period_end(order) > now else "past_due"
    if order.trial_end is None:
        return "pending"
    return "trialing" if order.trial_end > now else "unpaid"


def facts_of(order: ManualOrder, now: datetime) -> list[Fact]:
    """Everything known about an order: its checkout, what repeats, what was paid."""
    facts: list[Fact] = [checkout_fact(order, now)]
    if order.repeats and _is_begun(order):
        facts.append(subscription_fact(order, now))
    return facts + [payment_fact(order, payment, now) for payment in order.payments]


def _is_begun(order: ManualOrder) -> bool:
    return bool(order.payments) or order.trial_end is not None


def checkout_fact(order: ManualOrder, now: datetime) -> CheckoutFact:
    """Complete once the podcaster confirmed, or when a trial comes first."""
    begun = _is_begun(order)
    late: CheckoutStatus = "expired" if order.expires_at <= now or order.ended_at else "open"
    return CheckoutFact(
        realm=REALM,
        ref=order.ref,
        order_key=order.order_key,
        status="complete" if begun else late,
        paid=begun,
        total=Money(order.first_amount, order.currency),
        subscription_ref=order.ref if order.repeats and begun else "",
        payment_ref=payment_ref(order.payments[0]) if order.payments else "",
        customer_ref=order.customer_ref,
        as_of=now,
    )


def subscription_fact(order: ManualOrder, now: datetime) -> SubscriptionFact:
    """What repeats, with the period that was last paid."""
    status = status_of(order, now)
    end = period_end(order)
    return SubscriptionFact(
        realm=REALM,
        ref=order.ref,
        customer_ref=order.customer_ref,
        order_key=order.order_key,
        status=status,
        line=Line(
            price_ref=order.price_ref,
            product_ref=order.product_ref,
            each=Money(order.amount, order.currency),
            interval=interval_of(order),
            quantity=order.quantity,
        ),
        started_at=order.created_at if order.trial_end else (order.anchor or order.created_at),
        period_end=end,
        trial_end=order.trial_end,
        cancel_at=order.cancel_at,
        ended_at=order.ended_at or (order.cancel_at if status == "ended" else None),
        past_due_since=end if status == "past_due" else None,
        as_of=now,
    )


def payment_fact(order: ManualOrder, payment: ManualPayment, now: datetime) -> PaymentFact:
    """One confirmed payment."""
    return PaymentFact(
        realm=REALM,
        ref=payment_ref(payment),
        customer_ref=order.customer_ref,
        order_key=order.order_key,
        subscription_ref=order.ref if order.repeats else "",
        status="paid",
        amount=Money(payment.amount, order.currency),
        refunded=payment.refunded,
        disputed=False,
        paid_at=payment.paid_at,
        covers_from=payment.covers_from,
        covers_until=payment.covers_until,
        as_of=now,
    )


def payment_ref(payment: ManualPayment) -> str:
    """A payment's id."""
    return f"manual-{payment.id}"
