"""Invoice lines: what a subscription's period costs, and what a change in its middle does."""

from __future__ import annotations

from tests.stripe_stand_in import money
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

Period = tuple[int, int]


def product_name(world: World, price: Thing) -> str:
    product = world.store.find("product", price["product"])
    name: str = product["name"] if product else price["product"]
    return name


def for_item(
    world: World, subscription: Thing, item: Thing, period: Period, *, trial: bool
) -> Thing:
    """One item over one full period; nothing during a trial."""
    price, quantity = item["price"], item["quantity"]
    amount = 0 if trial else price["unit_amount"] * quantity
    name = product_name(world, price)
    shown = money.format_amount(price["unit_amount"], price["currency"])
    words = (
        f"Free trial for {quantity} × {name}"
        if trial
        else (f"{quantity} × {name} (at {shown} / {price['recurring']['interval']})")
    )
    return line(
        world,
        amount,
        price,
        quantity=quantity,
        period=period,
        description=words,
        subscription=subscription["id"],
        item=item["id"],
    )


def for_price(world: World, price: Thing, quantity: int, amount: int | None = None) -> Thing:
    """A one-time price."""
    now = world.now()
    total = price["unit_amount"] * quantity if amount is None else amount
    return line(
        world,
        total,
        price,
        quantity=quantity,
        period=(now, now),
        description=product_name(world, price),
    )


def for_proration(
    world: World, subscription: Thing, item: Thing, *, credit: bool, period: Period, whole: int
) -> Thing:
    """The rest of a period given back (`credit`) or charged. `whole` is the period in seconds."""
    price, quantity = item["price"], item["quantity"]
    rest = money.share(price["unit_amount"] * quantity, period[1] - period[0], whole)
    name = product_name(world, price)
    words = f"Unused time on {name}" if credit else f"Remaining time on {name}"
    return line(
        world,
        -rest if credit else rest,
        price,
        quantity=quantity,
        period=period,
        description=words,
        subscription=subscription["id"],
        item=item["id"],
        proration=True,
    )


def for_amount(world: World, item: Thing) -> Thing:
    """A manual invoice item as the line it becomes."""
    nothing = {
        "currency": item["currency"],
        "id": None,
        "product": None,
        "unit_amount_decimal": str(item["amount"]),
    }
    made = line(
        world,
        item["amount"],
        nothing,
        quantity=item["quantity"],
        period=(item["period"]["start"], item["period"]["end"]),
        description=item["description"] or "",
    )
    made["parent"]["invoice_item_details"]["invoice_item"] = item["id"]
    made["pricing"] = None
    return made


def line(
    world: World,
    amount: int,
    price: Thing,
    *,
    quantity: int,
    period: Period,
    description: str,
    subscription: str | None = None,
    item: str | None = None,
    proration: bool = False,
) -> Thing:
    """A line in Stripe's shape, not yet on an invoice."""
    details = {
        "invoice_item": None,
        "proration": proration,
        "proration_details": {"credited_items": None},
        "subscription": subscription,
    }
    kind = "invoice_item_details" if item is None else "subscription_item_details"
    if item is not None:
        details["subscription_item"] = item
    return {
        "id": world.store.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": None,
            kind: details,
            "type": kind,
        },
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }
