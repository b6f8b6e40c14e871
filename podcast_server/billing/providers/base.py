"""What every payment provider can do, in plain values.

Calls may be slow and may fail; never make them inside a database transaction. Every creating
call takes a ``key`` of ours: made twice with the same key, it happens once.
Raises ProviderUnavailable (try again later) or ProviderRefused (it said no).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from podcast_server.billing.events import Facts, Ref
from podcast_server.billing.intervals import Interval
from podcast_server.billing.money import Money

PortalTask = Literal["", "card", "cancel", "change"]


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold, as it shall read on the payment page and on receipts."""

    key: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class PriceTag:
    """A price to publish for a published product; ``interval`` None is paid once."""

    key: str
    product_ref: str
    each: Money
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon to publish: ``percent`` or ``off``; ``months`` None with "months" never."""

    key: str
    code: str
    percent: int | None
    off: Money | None
    duration: Literal["once", "months", "forever"]
    months: int | None
    most_uses: int | None
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """A checkout to start. Either ``price_ref``, or ``each`` as chosen for ``product_ref``.

    locale: the payer's language; automatic_tax, billing_address, promotion_codes: toggles.
    """

    key: str
    product_ref: str
    price_ref: str
    each: Money
    interval: Interval | None
    quantity: int
    email: str
    customer_ref: str
    trial_days: int
    coupon_ref: str
    first_total: Money
    locale: str
    done_url: str
    back_url: str
    created_at: datetime
    expires_at: datetime
    automatic_tax: bool = False
    billing_address: bool = False
    promotion_codes: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """Where the payer goes, and the provider's id of the checkout."""

    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of the account found; ``advice`` is empty when it is fine."""

    subject: str
    message: str
    advice: str = ""


class PaymentProvider(Protocol):
    """One way of taking money, in one mode (test or live)."""

    @property
    def realm(self) -> str:
        """Provider and mode, "stripe:test": what happened in one realm never counts in another."""
        ...

    def patience(self, *, holds_place: bool) -> timedelta:
        """How long a checkout can be paid; shorter where it holds one of few places."""
        ...

    def publish_product(self, product: Product) -> str:
        """Make it known; returns the provider's id."""
        ...

    def publish_price(self, tag: PriceTag) -> str:
        """Make a price known; it can never change afterwards."""
        ...

    def retire_price(self, ref: str) -> None:
        """Nobody new can pay it; who pays it already goes on."""
        ...

    def publish_coupon(self, discount: Discount) -> str:
        """Make a code known."""
        ...

    def retire_coupon(self, ref: str) -> None:
        """The code can no longer be used; discounts already given stay."""
        ...

    def start_checkout(self, order: Order) -> Started:
        """Open a page where the order can be paid."""
        ...

    def look_up(self, ref: Ref) -> Facts:
        """How it stands now; nothing when the provider does not know it."""
        ...

    def walk(self, since: datetime) -> Iterator[Facts]:
        """Everything that may have changed since, and every subscription whatever its age."""
        ...

    def portal_url(
        self, customer_ref: str, subscription_ref: str, task: PortalTask, back_url: str, locale: str
    ) -> str | None:
        """Where the payer manages cards and invoices; None when our own pages do it."""
        ...

    def set_discount(self, ref: str, coupon_ref: str, *, key: str) -> None:
        """Make the next payments of a subscription smaller by a published coupon; "" for whole
        ones again."""
        ...

    def change_subscription(
        self, ref: str, *, key: str, price_ref: str = "", quantity: int = 0, charge_now: bool
    ) -> None:
        """Another price or quantity; ``charge_now`` bills the difference at once, else none.

        Raises ProviderRefused and changes nothing when that payment fails.
        """
        ...

    def cancel_subscription(self, ref: str, *, at_once: bool) -> None:
        """End it at the period's end, or at once. Safe to repeat."""
        ...

    def resume_subscription(self, ref: str) -> None:
        """Take back a cancellation that has not come yet. Safe to repeat."""
        ...

    def refund(self, payment_ref: str, amount: Money | None, *, key: str) -> None:
        """Pay back a part, or all that is left."""
        ...

    def check(self, public_url: str) -> list[Finding]:
        """Whether the account is set up for us."""
        ...
