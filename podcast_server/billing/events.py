"""What a provider knows, in plain values: the only words in which money is spoken of here.

A fact says how something *is*, as looked up at ``as_of``, never what happened to it; so it
does not matter in which order facts come, or how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from podcast_server.billing.intervals import Interval
from podcast_server.billing.money import Money

SubscriptionStatus = Literal[
    "pending",  # begun, but no money has arrived yet
    "trialing",
    "active",
    "past_due",  # a renewal failed; the provider still tries
    "unpaid",  # it gave up, but would go on if somebody paid
    "paused",
    "ended",
]
PaymentStatus = Literal["pending", "paid", "failed"]
CheckoutStatus = Literal["open", "complete", "expired"]
RefKind = Literal["checkout", "subscription", "payment", "invoice", "checkout_of", "customer"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Something at the provider, by its kind and the provider's id.

    "checkout_of" is the checkout that led to the subscription or payment with this id;
    "customer" stands for everything they subscribe to.
    """

    kind: RefKind
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """What a subscription is for: the published price (if one), the product, and how much."""

    price_ref: str
    product_ref: str
    each: Money
    interval: Interval
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class SubscriptionFact:
    """How a subscription stands. ``order_key`` is our checkout's key, or "" if it has none."""

    realm: str
    ref: str
    customer_ref: str
    order_key: str
    status: SubscriptionStatus
    line: Line
    started_at: datetime
    period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    past_due_since: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """How a payment stands. ``refunded`` in minor units; ``disputed`` while the bank has it."""

    realm: str
    ref: str
    customer_ref: str
    order_key: str
    subscription_ref: str
    status: PaymentStatus
    amount: Money
    refunded: int
    disputed: bool
    paid_at: datetime | None
    covers_from: datetime | None
    covers_until: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class CheckoutFact:
    """How a checkout stands. ``paid``: the money arrived, or nothing had to be paid."""

    realm: str
    ref: str
    order_key: str
    status: CheckoutStatus
    paid: bool
    total: Money | None
    subscription_ref: str
    payment_ref: str
    customer_ref: str
    as_of: datetime


Fact = SubscriptionFact | PaymentFact | CheckoutFact
Facts = Sequence[Fact]
