"""The beginning of a subscription, whether the API asked for it or a payer at a page."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stripe_stand_in.engine import charging, discounts, invoicing, lifecycle, lines
from tests.stripe_stand_in.engine.periods import period_after
from tests.stripe_stand_in.engine.shapes import plan
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World


@dataclass(frozen=True, slots=True)
class Wanted:
    """A price, how many of it, and notes on the item."""

    price: Thing
    quantity: int = 1
    metadata: Thing = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """Everything that decides how a subscription begins. Times in unix seconds.

    once: one-time prices on the first invoice
    behavior: Stripe's payment_behavior
    present: the payer is at the page
    """

    customer: Thing
    items: list[Wanted]
    once: list[Wanted] = field(default_factory=list)
    metadata: Thing = field(default_factory=dict)
    description: str | None = None
    method: str | None = None
    trial_end: int | None = None
    missing_method: str = "create_invoice"
    reductions: list[discounts.Reduction] = field(default_factory=list)
    behavior: str = "allow_incomplete"
    collection: str = "charge_automatically"
    days_until_due: int | None = None
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    automatic_tax: bool = False
    billing_mode: str = "flexible"
    present: bool = False


def start(world: World, wanted: Start) -> Thing:
    """The subscription after its first invoice was tried.

    Raises StripeError for what can never work: no method to charge, prices of different
    currencies or intervals, a declined card under error_if_incomplete.
    """
    _check(world, wanted)
    now = world.now_for(wanted.customer["id"])
    subscription = _make(world, wanted, now)
    emit(world, "customer.subscription.created", subscription)
    if wanted.trial_end is not None:
        lifecycle.notice_trial_end(world, subscription)
    _first_invoice(world, subscription, wanted, now)
    return subscription


def _check(world: World, wanted: Start) -> None:
    prices = [item.price for item in wanted.items]
    if not prices:
        raise invalid("Subscriptions need at least one item.", "items", "parameter_missing")
    first = prices[0]
    for price in prices:
        check_price(price, first)
    if len({price["id"] for price in prices}) != len(prices):
        raise invalid("Cannot add multiple subscription items with the same price.", "items")
    _check_currency(world, wanted.customer, first["currency"])
    discounts.check_currency(wanted.reductions, first["currency"])
    now = world.now_for(wanted.customer["id"])
    if wanted.trial_end is not None and wanted.trial_end <= now:
        raise invalid("trial_end must be in the future.", "trial_end")
    if wanted.collection == "charge_automatically":
        _check_method(world, wanted)


def check_price(price: Thing, first: Thing, param: str = "items[0][price]") -> None:
    """Raises StripeError for a price that cannot be (or stand beside `first`) on a subscription."""
    if price["type"] != "recurring":
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
            param,
        )
    if not price["active"] and not price["_hidden"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.", param
        )
    if price["currency"] != first["currency"]:
        raise invalid("All prices on a subscription must have the same currency.", param)
    same = ("interval", "interval_count")
    if any(price["recurring"][key] != first["recurring"][key] for key in same):
        raise invalid("The stand-in models one billing interval per subscription.", param)


def _check_currency(world: World, customer: Thing, currency: str) -> None:
    for other in world.store.all("subscription", customer=customer["id"]):
        if other["currency"] != currency and lifecycle.is_alive(other):
            raise invalid(
                "You cannot combine currencies on a single customer. This customer has an active "
                f"subscription with currency {other['currency']}."
            )


def _check_method(world: World, wanted: Start) -> None:
    """Nothing is created when the card would be declined and the caller wants an error then."""
    due = wanted.trial_end is None and any(w.price["unit_amount"] for w in wanted.items)
    if not due or wanted.behavior == "default_incomplete":
        return
    default = wanted.customer["invoice_settings"]["default_payment_method"]
    method = world.store.find("payment_method", wanted.method or default)
    if method is None:
        raise invalid(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method.",
            code="resource_missing",
        )
    refused = charging.refusal(method, present=wanted.present)
    if refused is not None and wanted.behavior == "error_if_incomplete":
        raise refused


def _make(world: World, wanted: Start, now: int) -> Thing:
    recurring = wanted.items[0].price["recurring"]
    anchor = wanted.trial_end or now
    end = wanted.trial_end or period_after(anchor, recurring, now)
    subscription = world.new(
        "subscription",
        {
            "application": None,
            "application_fee_percent": None,
            "automatic_tax": {
                "disabled_reason": None,
                "enabled": wanted.automatic_tax,
                "liability": {"type": "self"} if wanted.automatic_tax else None,
            },
            "billing_cycle_anchor": anchor,
            "billing_cycle_anchor_config": None,
            "billing_mode": {
                "type": wanted.billing_mode,
                "flexible": {"proration_discounts": "included"}
                if wanted.billing_mode == "flexible"
                else None,
            },
            "billing_schedules": [],
            "billing_thresholds": None,
            "cancel_at": wanted.cancel_at,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "cancellation_details": {"comment": None, "feedback": None, "reason": None},
            "collection_method": wanted.collection,
            "currency": wanted.items[0].price["currency"],
            "customer": wanted.customer["id"],
            "days_until_due": wanted.days_until_due,
            "default_payment_method": wanted.method,
            "default_source": None,
            "default_tax_rates": [],
            "description": wanted.description,
            "discounts": [],
            "ended_at": None,
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "latest_invoice": None,
            "metadata": dict(wanted.metadata),
            "next_pending_invoice_item_invoice": None,
            "on_behalf_of": None,
            "pause_collection": None,
            "payment_settings": {
                "payment_method_options": None,
                "payment_method_types": None,
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": None,
            "pending_setup_intent": None,
            "pending_update": None,
            "schedule": None,
            "start_date": now,
            "status": "incomplete" if wanted.trial_end is None else "trialing",
            "test_clock": wanted.customer["test_clock"],
            "transfer_data": None,
            "trial_end": wanted.trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": wanted.missing_method}},
            "trial_start": None if wanted.trial_end is None else now,
        },
        customer=wanted.customer["id"],
    )
    subscription["items"] = {
        "object": "list",
        "data": [new_item(world, subscription, w, (now, end)) for w in wanted.items],
        "has_more": False,
        "total_count": len(wanted.items),
        "url": f"/v1/subscription_items?subscription={subscription['id']}",
    }
    if wanted.cancel_at_period_end:
        subscription |= {"cancel_at_period_end": True, "cancel_at": end, "canceled_at": now}
    subscription["discounts"] = [
        discounts.redeem(world, r, customer=wanted.customer["id"], subscription=subscription["id"])[
            "id"
        ]
        for r in wanted.reductions
    ]
    return subscription


def new_item(world: World, subscription: Thing, wanted: Wanted, period: lines.Period) -> Thing:
    """A subscription item holding a copy of its price, as Stripe embeds it."""
    return world.store.add(
        {
            "id": world.store.new_id("subscription_item"),
            "object": "subscription_item",
            "billing_thresholds": None,
            "created": world.now_for(subscription["customer"]),
            "current_period_end": period[1],
            "current_period_start": period[0],
            "discounts": [],
            "metadata": dict(wanted.metadata),
            "plan": plan(wanted.price),
            "price": wanted.price,
            "quantity": wanted.quantity,
            "subscription": subscription["id"],
            "tax_rates": [],
        }
    )


def _first_invoice(world: World, subscription: Thing, wanted: Start, now: int) -> None:
    charged = [
        lines.for_item(
            world,
            subscription,
            item,
            (item["current_period_start"], item["current_period_end"]),
            trial=wanted.trial_end is not None,
        )
        for item in subscription["items"]["data"]
    ]
    charged += [lines.for_price(world, w.price, w.quantity) for w in wanted.once]
    invoice = lifecycle.draft_for(world, subscription, charged, "subscription_create")
    invoicing.finalize(world, invoice)
    if invoice["status"] == "paid":
        lifecycle.react(world, invoice, charging.SUCCEEDED)
    elif wanted.collection == "send_invoice":
        emit(world, "invoice.sent", invoice)
        lifecycle.set_status(world, subscription, "active")
    elif wanted.behavior != "default_incomplete":
        lifecycle.pay(world, invoice, present=wanted.present)


def trial_end_after(now: int, days: int | None) -> int | None:
    """`trial_period_days` as a moment. Raises StripeError below one or above two years."""
    if days is None:
        return None
    if not 1 <= days <= 730:
        raise StripeError(
            "The minimum number of trial period days is 1, the maximum 730.",
            param="trial_period_days",
        )
    return now + days * DAY
