"""What the next invoice would be, without making it."""

from __future__ import annotations

import copy

from tests.stripe_stand_in.engine import discounts, lifecycle, lines, shapes
from tests.stripe_stand_in.engine.periods import period_after
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def preview(world: World, subscription: Thing) -> Thing:
    """The renewal as an invoice that is not kept and has no id."""
    customer = world.store.get("customer", subscription["customer"])
    _, end = lifecycle.period_of(subscription)
    recurring = lifecycle.items_of(subscription)[0]["price"]["recurring"]
    following = period_after(subscription["billing_cycle_anchor"], recurring, end)
    charged = [
        lines.for_item(world, subscription, item, (end, following), trial=False)
        for item in lifecycle.items_of(subscription)
    ] + copy.deepcopy(subscription.get("_pending_lines", []))
    invoice = shapes.invoice(
        world, customer, currency=subscription["currency"], billing_reason="upcoming"
    )
    world.store.forget(invoice)
    invoice = copy.deepcopy(invoice)
    subtotal = sum(line["amount"] for line in charged)
    taken = discounts.amounts(world, subscription["discounts"], subtotal, end)
    total = subtotal - sum(entry["amount"] for entry in taken)
    due = max(total + customer["balance"], 0)
    invoice["lines"]["data"] = charged
    invoice |= {
        "amount_due": due,
        "amount_remaining": due,
        "discounts": list(subscription["discounts"]),
        "next_payment_attempt": end + world.settings.draft_seconds,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "period_end": end,
        "starting_balance": customer["balance"],
        "subtotal": subtotal,
        "total": total,
        "total_discount_amounts": taken,
    }
    del invoice["id"]
    return invoice
