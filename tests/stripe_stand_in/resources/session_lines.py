"""The line items of a Checkout Session, checked as Stripe checks them."""

from __future__ import annotations

from typing import Any

from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.prices import new_price
from tests.stripe_stand_in.resources.products import new_product
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def read_lines(world: World, params: dict[str, Any]) -> list[Thing]:
    """The session's items. Raises StripeError for prices that do not fit its mode or each other."""
    given = params.get("line_items")
    if not given:
        raise missing("line_items")
    lines = [_line(world, entry, f"line_items[{n}]") for n, entry in enumerate(given)]
    _check_mode(lines, params["mode"])
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must have the same currency.", "line_items")
    if any(line["price"]["custom_unit_amount"] for line in lines):
        _check_custom(lines, params)
    return lines


def _line(world: World, entry: dict[str, Any], where: str) -> Thing:
    price = _price(world, entry, where)
    quantity = _quantity(entry, where)
    product = world.store.get("product", price["product"])
    adjustable = entry.get("adjustable_quantity") or {}
    return {
        "id": world.store.new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": 0,
        "amount_tax": 0,
        "amount_total": 0,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": merged(None, entry.get("metadata")),
        "price": price,
        "quantity": quantity,
        "_adjustable": {
            "minimum": adjustable.get("minimum", 1),
            "maximum": adjustable.get("maximum", 99),
        }
        if adjustable.get("enabled")
        else None,
    }


def _quantity(entry: dict[str, Any], where: str) -> int:
    if "quantity" not in entry:
        raise missing(f"{where}[quantity]")
    quantity: int = entry["quantity"]
    if not 1 <= quantity <= 999_999:
        raise invalid("This value must be greater than or equal to 1.", f"{where}[quantity]")
    return quantity


def _price(world: World, entry: dict[str, Any], where: str) -> Thing:
    if ("price" in entry) == ("price_data" in entry):
        raise invalid(
            "You must specify either `price` or `price_data`.", where, "parameter_missing"
        )
    if "price_data" in entry:
        return _inline_price(world, entry["price_data"], where)
    price = world.store.get("price", entry["price"], f"{where}[price]")
    product = world.store.get("product", price["product"])
    if not price["active"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.",
            f"{where}[price]",
        )
    if not product["active"]:
        raise invalid(
            f"Price `{price['id']}` is not available to be purchased because its product is not "
            "active.",
            f"{where}[price]",
        )
    return price


def _inline_price(world: World, data: dict[str, Any], where: str) -> Thing:
    if ("product" in data) == ("product_data" in data):
        raise invalid(
            "You must specify either `product` or `product_data`.", f"{where}[price_data]"
        )
    if "product_data" in data:
        product = new_product(world, {**data["product_data"], "active": False})
    else:
        product = world.store.get("product", data["product"], f"{where}[price_data][product]")
        if not product["active"]:
            raise invalid("The product is not active.", f"{where}[price_data][product]")
    return new_price(world, {**data, "product": product["id"]}, hidden=True)


def _check_mode(lines: list[Thing], mode: str) -> None:
    recurring = [bool(line["price"]["recurring"]) for line in lines]
    if mode == "payment" and any(recurring):
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            "line_items",
        )
    if mode == "subscription" and not any(recurring):
        raise invalid(
            "You must provide at least one recurring price in `subscription` mode when using "
            "prices.",
            "line_items",
        )
    if len(lines) > 100 or recurring.count(True) > 20:
        raise invalid("Too many line items.", "line_items")
    intervals = {
        (line["price"]["recurring"]["interval"], line["price"]["recurring"]["interval_count"])
        for line in lines
        if line["price"]["recurring"]
    }
    if len(intervals) > 1:
        raise invalid("The stand-in models one billing interval per session.", "line_items")


def _check_custom(lines: list[Thing], params: dict[str, Any]) -> None:
    if len(lines) > 1 or lines[0]["quantity"] != 1 or lines[0]["_adjustable"]:
        raise invalid(
            "A price with `custom_unit_amount` must be the only line item, with quantity 1.",
            "line_items",
        )
    if params.get("allow_promotion_codes") or params.get("discounts"):
        raise invalid(
            "Discounts and promotion codes cannot be used with `custom_unit_amount` prices.",
            "discounts",
        )
