"""What somebody wants to buy, checked and priced on our side, before any provider hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Coupon, Price
from podcast_server.billing.money import Money

Purpose = Literal["membership", "collection", "gift", "seats", "donation"]


@dataclass(frozen=True, slots=True)
class Basket:
    """One thing to pay for. Each way to sell makes one; checkout.py takes it from there.

    product: (kind, id, key) of the plan or collection, or of the show a donation is for
    price: the published price, when exactly that is paid
    each: for one, each time; interval None is paid once
    details: what fulfilling it needs later
    """

    purpose: Purpose
    product: tuple[str, int, str]
    name: str
    description: str
    each: Money
    interval: Interval | None
    price: Price | None = None
    plan_id: int | None = None
    collection_id: int | None = None
    price_id: int | None = None
    quantity: int = 1
    trial_days: int = 0
    coupon: Coupon | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first_total(self) -> Money:
        """What is due first, before coupon and tax."""
        return self.each.times(self.quantity)
