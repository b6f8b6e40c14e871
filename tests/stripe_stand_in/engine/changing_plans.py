"""A subscription changed in its middle: other prices, quantities, trial ends, and their prorations.

https://docs.stripe.com/billing/subscriptions/prorations
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from tests.stripe_stand_in.engine import charging, invoicing, lifecycle, lines, renewing
from tests.stripe_stand_in.engine.periods import period_after
from tests.stripe_stand_in.engine.shapes import plan
from tests.stripe_stand_in.engine.starting import Wanted, check_price, new_item
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


@dataclass(frozen=True, slots=True)
class Change:
    """How a change is billed: Stripe's proration_behavior, payment_behavior, proration_date."""

    proration: str = "create_prorations"
    payment: str = "allow_incomplete"
    at: int | None = None
    present: bool = False


def change_items(
    world: World, subscription: Thing, given: list[dict[str, Any]], how: Change
) -> None:
    """Apply `items[]` of an update. Raises StripeError, before anything changed.

    A new interval starts a new period and is billed at once; otherwise the rest of the period is
    credited and charged now, with the next invoice, or not at all.
    """
    before = copy.deepcopy(lifecycle.items_of(subscription))
    after = _planned(world, subscription, given)
    first = after[0]["price"]
    for item in after:
        check_price(item["price"], first)
    if first["currency"] != subscription["currency"]:
        raise invalid("The currency of a subscription cannot be changed.", "items[0][price]")
    _check_payment(world, subscription, how)
    restart = _interval(first) != _interval(before[0]["price"])
    with changing(world, subscription, "customer.subscription.updated"):
        _replace_items(world, subscription, after)
        prorated = _prorations(world, subscription, before, how, restart=restart)
        if restart:
            _restart(world, subscription)
    _bill(world, subscription, prorated, how, restart=restart)


def _interval(price: Thing) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _planned(world: World, subscription: Thing, given: list[dict[str, Any]]) -> list[Thing]:
    """The items as they shall be, copies."""
    after = {item["id"]: copy.deepcopy(item) for item in lifecycle.items_of(subscription)}
    period = lifecycle.period_of(subscription)
    for index, entry in enumerate(given):
        where = f"items[{index}]"
        if "id" not in entry:
            if "price" not in entry:
                raise missing(f"{where}[price]")
            price = world.store.get("price", entry["price"], f"{where}[price]")
            wanted = Wanted(price, entry.get("quantity", 1), merged(None, entry.get("metadata")))
            made = new_item(world, subscription, wanted, period)
            world.store.forget(made)
            after[made["id"]] = made
        elif entry["id"] not in after:
            raise invalid(
                f"No such subscription item: '{entry['id']}'", f"{where}[id]", "resource_missing"
            )
        elif entry.get("deleted"):
            del after[entry["id"]]
        else:
            _edit(world, after[entry["id"]], entry, where)
    if not after:
        raise invalid("A subscription must have at least one active item.", "items")
    return list(after.values())


def _edit(world: World, item: Thing, entry: dict[str, Any], where: str) -> None:
    if "price" in entry:
        item["price"] = world.store.get("price", entry["price"], f"{where}[price]")
        item["plan"] = plan(item["price"])
    item["quantity"] = entry.get("quantity", item["quantity"])
    if "metadata" in entry:
        item["metadata"] = merged(item["metadata"], entry["metadata"])


def _check_payment(world: World, subscription: Thing, how: Change) -> None:
    """error_if_incomplete refuses the whole change when the card would be declined."""
    if how.payment != "error_if_incomplete" or how.proration != "always_invoice":
        return
    customer = world.store.get("customer", subscription["customer"])
    default = customer["invoice_settings"]["default_payment_method"]
    method = world.store.find("payment_method", subscription["default_payment_method"] or default)
    refused = method and charging.refusal(method, present=how.present)
    if refused:
        raise refused


def _replace_items(world: World, subscription: Thing, after: list[Thing]) -> None:
    kept = {item["id"] for item in after}
    for item in lifecycle.items_of(subscription):
        if item["id"] not in kept:
            world.store.forget(world.store.get("subscription_item", item["id"]))
    for item in after:
        world.store.add(item)
    subscription["items"] = subscription["items"] | {"data": after, "total_count": len(after)}


def _prorations(
    world: World, subscription: Thing, before: list[Thing], how: Change, *, restart: bool
) -> list[Thing]:
    """Credits for what was paid and is not used; charges for what replaces it."""
    if how.proration == "none" or subscription["status"] not in ("active", "past_due"):
        return []
    start, end = before[0]["current_period_start"], before[0]["current_period_end"]
    now = how.at or world.now_for(subscription["customer"])
    rest, whole = (now, end), end - start
    old = {item["id"]: item for item in before}
    new = {item["id"]: item for item in lifecycle.items_of(subscription)}
    made = []
    for wanted in [*old, *(key for key in new if key not in old)]:
        was, becomes = old.get(wanted), new.get(wanted)
        if was and becomes and _same_cost(was, becomes) and not restart:
            continue
        if was:
            made.append(_proration(world, subscription, was, rest, whole, credit=True))
        if becomes and not restart:
            made.append(_proration(world, subscription, becomes, rest, whole, credit=False))
    return made


def _proration(
    world: World, subscription: Thing, item: Thing, rest: lines.Period, whole: int, *, credit: bool
) -> Thing:
    return lines.for_proration(world, subscription, item, credit=credit, period=rest, whole=whole)


def _same_cost(was: Thing, becomes: Thing) -> bool:
    cost = (was["price"]["id"], was["quantity"])
    return cost == (becomes["price"]["id"], becomes["quantity"])


def _restart(world: World, subscription: Thing) -> None:
    """A new period from now (or from the trial's end)."""
    if subscription["status"] == "trialing":
        return
    now = world.now_for(subscription["customer"])
    recurring = lifecycle.items_of(subscription)[0]["price"]["recurring"]
    subscription["billing_cycle_anchor"] = now
    renewing.move_period(world, subscription, (now, period_after(now, recurring, now)))


def _bill(
    world: World, subscription: Thing, prorated: list[Thing], how: Change, *, restart: bool
) -> None:
    if restart and subscription["status"] != "trialing":
        period = lifecycle.period_of(subscription)
        prorated = prorated + [
            lines.for_item(world, subscription, item, period, trial=False)
            for item in lifecycle.items_of(subscription)
        ]
    elif how.proration == "create_prorations":
        subscription.setdefault("_pending_lines", []).extend(prorated)
        return
    if prorated:
        _invoice_now(world, subscription, prorated, how)


def _invoice_now(world: World, subscription: Thing, charged: list[Thing], how: Change) -> None:
    charged = subscription.pop("_pending_lines", []) + charged
    with changing(world, subscription, "customer.subscription.updated"):
        invoice = lifecycle.draft_for(world, subscription, charged, "subscription_update")
    invoicing.finalize(world, invoice)
    if invoice["status"] == "open":
        lifecycle.pay(world, invoice, present=how.present)


def change_trial_end(world: World, subscription: Thing, end: int | str, how: Change) -> None:
    """`now` ends a trial and bills at once; a moment begins or moves one."""
    now = world.now_for(subscription["customer"])
    if end == "now":
        if subscription["status"] != "trialing":
            return
        if renewing.stops_after_trial(world, subscription):
            subscription["trial_end"] = now
            return
        with changing(world, subscription, "customer.subscription.updated"):
            subscription |= {"status": "active", "trial_end": now}
            subscription["items"] = copy.deepcopy(subscription["items"])
            _restart(world, subscription)
        _bill(world, subscription, [], how, restart=True)
        return
    if not isinstance(end, int) or end <= now:
        raise invalid("Timestamp must be an integer Unix timestamp in the future.", "trial_end")
    with changing(world, subscription, "customer.subscription.updated"):
        subscription |= {
            "billing_cycle_anchor": end,
            "status": "trialing",
            "trial_end": end,
            "trial_start": subscription["trial_start"] or now,
        }
        subscription["items"] = copy.deepcopy(subscription["items"])
        renewing.move_period(world, subscription, (now, end))
