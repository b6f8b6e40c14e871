"""Stripe's objects as facts. Nothing here calls anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import stripe

from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.events import (
    CheckoutFact,
    CheckoutStatus,
    Line,
    PaymentFact,
    PaymentStatus,
    SubscriptionFact,
    SubscriptionStatus,
)
from podcast_server.billing.intervals import UNITS, Interval
from podcast_server.billing.money import Money
from podcast_server.billing.providers.stripe.amounts import from_stripe, minor_units

_STATUSES: dict[str, SubscriptionStatus] = {
    "incomplete": "pending",
    "incomplete_expired": "ended",
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "canceled": "ended",
    "paused": "paused",
}
_CHECKOUT_STATUSES: dict[str, CheckoutStatus] = {"complete": "complete", "expired": "expired"}
# The bank holds the money, for now or for good; inquiries ("warning_…") take nothing.
_TAKEN = frozenset({"needs_response", "under_review", "lost"})


class Period(NamedTuple):
    """What an invoice pays for."""

    starts: datetime
    ends: datetime


def moment(seconds: int) -> datetime:
    """Stripe's seconds as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def _perhaps(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def id_of(thing: object) -> str:
    """The id of what may be an id, an expanded object, or nothing."""
    if thing is None:
        return ""
    return thing if isinstance(thing, str) else str(thing.id)  # type: ignore[attr-defined]


def order_key_of(thing: stripe.Subscription | stripe.PaymentIntent) -> str:
    """The key of our checkout, which we noted there; "" for what is not ours."""
    noted = thing.metadata.to_dict() if thing.metadata else {}
    return str(noted.get("order", ""))


def checkout_fact(session: stripe.checkout.Session, realm: str, as_of: datetime) -> CheckoutFact:
    """A Checkout Session. Delayed payment methods are paid only once they succeed."""
    total = None
    if session.amount_total is not None and session.currency is not None:
        total = from_stripe(session.amount_total, session.currency)
    return CheckoutFact(
        realm=realm,
        ref=session.id,
        order_key=session.client_reference_id or "",
        status=_CHECKOUT_STATUSES.get(session.status or "open", "open"),
        paid=session.payment_status in {"paid", "no_payment_required"},
        total=total,
        subscription_ref=id_of(session.subscription),
        payment_ref=id_of(session.payment_intent),
        customer_ref=id_of(session.customer),
        as_of=as_of,
    )


def subscription_fact(
    subscription: stripe.Subscription,
    unpaid: Sequence[stripe.Invoice],
    realm: str,
    as_of: datetime,
) -> SubscriptionFact:
    """A subscription, with its open invoices where it has any."""
    item: stripe.SubscriptionItem = subscription.items.data[0]
    period_end = moment(item.current_period_end)
    cancel_at = _perhaps(subscription.cancel_at)
    if subscription.cancel_at_period_end:
        cancel_at = cancel_at or period_end
    status = _status(subscription, unpaid)
    return SubscriptionFact(
        realm=realm,
        ref=subscription.id,
        customer_ref=id_of(subscription.customer),
        order_key=order_key_of(subscription),
        status=status,
        line=_line(item),
        started_at=moment(subscription.start_date),
        period_end=period_end,
        trial_end=_perhaps(subscription.trial_end),
        cancel_at=cancel_at,
        ended_at=_perhaps(subscription.ended_at),
        past_due_since=_past_due_since(item, unpaid) if status == "past_due" else None,
        as_of=as_of,
    )


def _status(
    subscription: stripe.Subscription, unpaid: Sequence[stripe.Invoice]
) -> SubscriptionStatus:
    status = _STATUSES.get(subscription.status)
    if status is None:
        raise ProviderRefused(f"unknown subscription status {subscription.status}")
    # With a bank debit Stripe says "active" while the first payment is still on its way, and
    # "past_due" when it bounced: neither was ever paid.
    never_paid = any(invoice.billing_reason == "subscription_create" for invoice in unpaid)
    return "pending" if never_paid and status in {"active", "past_due"} else status


def _past_due_since(item: stripe.SubscriptionItem, unpaid: Sequence[stripe.Invoice]) -> datetime:
    # The oldest, so that further failing renewals do not begin the grace anew.
    oldest = min((invoice.created for invoice in unpaid), default=item.current_period_start)
    return moment(oldest)


def _line(item: stripe.SubscriptionItem) -> Line:
    price = item.price
    return Line(
        price_ref=price.id,
        product_ref=id_of(price.product),
        each=from_stripe(price.unit_amount or 0, price.currency),
        interval=_interval(price),
        quantity=item.quantity or 1,
    )


def _interval(price: stripe.Price) -> Interval:
    if price.recurring is not None:
        for unit in UNITS:
            if price.recurring.interval == unit:
                return Interval(unit, price.recurring.interval_count)
    raise ProviderRefused(f"price {price.id} does not repeat")


def payment_fact(
    intent: stripe.PaymentIntent,
    invoice: stripe.Invoice | None,
    disputes: Sequence[stripe.Dispute],
    realm: str,
    as_of: datetime,
) -> PaymentFact:
    """A payment intent with its latest charge expanded, and what hangs on it."""
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    period = None if invoice is None else period_of(invoice)
    paid = intent.status == "succeeded"
    return PaymentFact(
        realm=realm,
        ref=intent.id,
        customer_ref=id_of(intent.customer),
        order_key=order_key_of(intent),
        subscription_ref="" if invoice is None else subscription_ref_of(invoice),
        status=_payment_status(intent),
        amount=_amount(intent),
        refunded=0 if charge is None else minor_units(charge.amount_refunded, charge.currency),
        disputed=any(dispute.status in _TAKEN for dispute in disputes),
        paid_at=moment(charge.created) if paid and charge is not None else None,
        covers_from=None if period is None else period.starts,
        covers_until=None if period is None else period.ends,
        as_of=as_of,
    )


def _amount(intent: stripe.PaymentIntent) -> Money:
    return from_stripe(intent.amount_received or intent.amount, intent.currency)


def _payment_status(intent: stripe.PaymentIntent) -> PaymentStatus:
    if intent.status == "succeeded":
        return "paid"
    if intent.status == "canceled" or (
        intent.status == "requires_payment_method" and intent.last_payment_error is not None
    ):
        return "failed"
    return "pending"


def subscription_ref_of(invoice: stripe.Invoice) -> str:
    """The subscription an invoice belongs to; "" for one that belongs to none."""
    details = None if invoice.parent is None else invoice.parent.subscription_details
    return "" if details is None else id_of(details.subscription)


def period_of(invoice: stripe.Invoice) -> Period | None:
    """The period that an invoice's last line pays for; the invoice's own names the one before."""
    periods = [
        Period(moment(line.period.start), moment(line.period.end)) for line in invoice.lines.data
    ]
    return max(periods, key=lambda period: period.ends, default=None)
