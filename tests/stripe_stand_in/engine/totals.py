"""What a Checkout Session costs: its lines, less its discount, plus tax."""

from __future__ import annotations

from tests.stripe_stand_in import money
from tests.stripe_stand_in.engine.discounts import Reduction
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def count(world: World, session: Thing) -> None:
    """Set amount_subtotal, amount_total, total_details and every line's amounts."""
    lines: list[Thing] = session["_line_items"]
    for line in lines:
        line["amount_subtotal"] = _cost(session, line)
    subtotal = sum(line["amount_subtotal"] for line in lines)
    reduction: Reduction | None = session["_reduction"]
    off = reduction.off(subtotal) if reduction else 0
    left = off
    for line in lines:
        part = min(left, money.share(off, line["amount_subtotal"], subtotal))
        left -= part
        _finish(world, session, line, part)
    if lines and left:
        _finish(world, session, lines[-1], lines[-1]["amount_discount"] + left)
    tax = sum(line["amount_tax"] for line in lines)
    session["amount_subtotal"] = subtotal
    session["amount_total"] = subtotal - off + tax
    session["total_details"] = {"amount_discount": off, "amount_shipping": 0, "amount_tax": tax}


def _cost(session: Thing, line: Thing) -> int:
    price = line["price"]
    if price["recurring"] and session["_trial"]:
        return 0
    unit = price["unit_amount"]
    if unit is None:
        unit = session["_amount"] or 0
    return int(unit * line["quantity"])


def _finish(world: World, session: Thing, line: Thing, discount: int) -> None:
    net = line["amount_subtotal"] - discount
    taxed = session["automatic_tax"]["enabled"]
    tax = money.percent(net, world.settings.tax_percent) if taxed else 0
    line |= {"amount_discount": discount, "amount_tax": tax, "amount_total": net + tax}


def choose_amount(session: Thing, amount: int) -> None:
    """What the payer wants to give for a custom_unit_amount price, in minor units."""
    price = _custom_price(session)
    if price is None:
        raise invalid("This session has no amount to choose.", "custom_unit_amount")
    limits, currency = price["custom_unit_amount"], price["currency"]
    least = max(limits["minimum"] or 0, money.smallest_charge(currency))
    most = limits["maximum"] or money.LARGEST
    if not least <= amount <= most:
        raise invalid(
            f"The amount must be between {money.format_amount(least, currency)} and "
            f"{money.format_amount(most, currency)}.",
            "custom_unit_amount",
        )
    session["_amount"] = amount


def _custom_price(session: Thing) -> Thing | None:
    for line in session["_line_items"]:
        if line["price"]["custom_unit_amount"] is not None:
            found: Thing = line["price"]
            return found
    return None


def choose_quantity(session: Thing, line_id: str, quantity: int) -> None:
    """The payer changes how many. Raises StripeError outside the limits."""
    for line in session["_line_items"]:
        if line["id"] != line_id:
            continue
        limits = line["_adjustable"]
        if not limits or not limits["minimum"] <= quantity <= limits["maximum"]:
            raise invalid("This quantity is not available.", "quantity")
        line["quantity"] = quantity
        return
    raise invalid("No such line.", "quantity")
