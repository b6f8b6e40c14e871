"""Prices: never changed, only replaced. https://docs.stripe.com/api/prices"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceSearchParams,
    PriceUpdateParams,
)

from tests.stripe_stand_in import money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.search import search_page
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}


def new_price(world: World, params: dict[str, Any], *, hidden: bool = False) -> Thing:
    """A price for an existing product; `hidden` ones come from price_data and are inactive.

    Emits price.created. Raises StripeError for amounts, currencies and intervals Stripe refuses.
    """
    currency = money.check_currency(params["currency"])
    amount = _unit_amount(params, currency)
    recurring = _recurring(params.get("recurring"))
    custom = _custom_amount(params, currency)
    if custom is not None and recurring is not None:
        raise invalid(
            "`custom_unit_amount` is not supported for recurring prices.", "custom_unit_amount"
        )
    price = world.new(
        "price",
        {
            "active": params.get("active", not hidden),
            "billing_scheme": "per_unit",
            "currency": currency,
            "custom_unit_amount": custom,
            "lookup_key": None,
            "metadata": merged(None, params.get("metadata")),
            "nickname": params.get("nickname"),
            "product": params["product"],
            "recurring": recurring,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time" if recurring is None else "recurring",
            "unit_amount": amount,
            "unit_amount_decimal": None if amount is None else str(amount),
            "_hidden": hidden,
        },
    )
    if "lookup_key" in params:
        _take_lookup_key(world, price, params)
    emit(world, "price.created", price)
    return price


def _unit_amount(params: dict[str, Any], currency: str) -> int | None:
    if "custom_unit_amount" in params:
        if "unit_amount" in params or "unit_amount_decimal" in params:
            raise invalid(
                "You may only specify one of these parameters: unit_amount, custom_unit_amount.",
                "unit_amount",
            )
        return None
    if "unit_amount" not in params and "unit_amount_decimal" not in params:
        raise missing("unit_amount")
    exact = Decimal(params["unit_amount" if "unit_amount" in params else "unit_amount_decimal"])
    if exact != exact.to_integral_value():
        raise invalid("The stand-in models whole minor units only.", "unit_amount_decimal")
    return money.check_amount(int(exact), currency, "unit_amount")


def _recurring(given: dict[str, Any] | None) -> Thing | None:
    if given is None:
        return None
    count = given.get("interval_count", 1)
    longest = _LONGEST[given["interval"]]
    if not 1 <= count <= longest:
        raise invalid(
            f"The maximum interval is three years; got {count} {given['interval']}s.",
            "recurring[interval_count]",
        )
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": None,
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": given.get("usage_type", "licensed"),
    }


def _custom_amount(params: dict[str, Any], currency: str) -> Thing | None:
    given = params.get("custom_unit_amount")
    if given is None:
        return None
    if not given["enabled"]:
        raise invalid("custom_unit_amount[enabled] must be true.", "custom_unit_amount[enabled]")
    for name in ("minimum", "maximum", "preset"):
        if given.get(name) is not None:
            money.check_amount(given[name], currency, f"custom_unit_amount[{name}]")
    lowest, highest = given.get("minimum") or 0, given.get("maximum") or money.LARGEST
    if lowest > highest or not lowest <= (given.get("preset") or lowest) <= highest:
        raise invalid("The preset must be between minimum and maximum.", "custom_unit_amount")
    return {name: given.get(name) for name in ("maximum", "minimum", "preset")}


def _take_lookup_key(world: World, price: Thing, params: dict[str, Any]) -> None:
    key = params["lookup_key"]
    for other in world.store.all("price", lookup_key=key):
        if other is price:
            continue
        if not params.get("transfer_lookup_key"):
            raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
        with changing(world, other, "price.updated"):
            other["lookup_key"] = None
    price["lookup_key"] = key or None


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    if "product_data" in params:
        from tests.stripe_stand_in.resources.products import new_product

        product = new_product(world, params["product_data"])
    elif "product" in params:
        product = world.store.get("product", params["product"], "product")
    else:
        raise missing("product")
    return new_price(world, {**params, "product": product["id"]})


def retrieve(call: Call) -> Thing:
    return call.world.store.get("price", call.id)


def update(call: Call) -> Thing:
    """Only what does not change the money: amount, currency and interval are not parameters."""
    world, params = call.world, call.params
    price = world.store.get("price", call.id)
    behaviour = params.get("tax_behavior", price["tax_behavior"])
    if price["tax_behavior"] != "unspecified" and behaviour != price["tax_behavior"]:
        raise invalid("Once specified, tax_behavior cannot be changed.", "tax_behavior")
    with changing(world, price, "price.updated"):
        price["tax_behavior"] = behaviour
        price["active"] = params.get("active", price["active"])
        if "nickname" in params:
            price["nickname"] = params["nickname"] or None
        if "metadata" in params:
            price["metadata"] = merged(price["metadata"], params["metadata"])
        if "lookup_key" in params:
            _take_lookup_key(world, price, params)
    return price


def list_all(call: Call) -> Thing:
    wanted = {
        key: call.params[key]
        for key in ("active", "currency", "product", "type")
        if key in call.params
    }
    things = [p for p in call.world.store.all("price", **wanted) if not p["_hidden"]]
    if "lookup_keys" in call.params:
        things = [p for p in things if p["lookup_key"] in call.params["lookup_keys"]]
    interval = call.params.get("recurring", {}).get("interval")
    if interval is not None:
        things = [p for p in things if (p["recurring"] or {}).get("interval") == interval]
    return page(things, call.params, "/v1/prices")


def search(call: Call) -> Thing:
    return search_page(call.world.store.all("price"), call.params, "/v1/prices/search")


ROUTES = [
    route(
        "POST",
        "/v1/prices",
        create,
        PriceCreateParams,
        "currency unit_amount unit_amount_decimal product active nickname lookup_key "
        "transfer_lookup_key billing_scheme tax_behavior metadata.* recurring.interval "
        "recurring.interval_count recurring.usage_type recurring.trial_period_days "
        "custom_unit_amount.* product_data.name product_data.metadata.* product_data.active "
        "product_data.id product_data.statement_descriptor product_data.unit_label "
        "product_data.tax_code",
    ),
    route(
        "GET",
        "/v1/prices",
        list_all,
        PriceListParams,
        f"{PAGING} active currency product type lookup_keys recurring.interval",
    ),
    route("GET", "/v1/prices/search", search, PriceSearchParams, "query limit page"),
    route("GET", "/v1/prices/{id}", retrieve, PriceRetrieveParams),
    route(
        "POST",
        "/v1/prices/{id}",
        update,
        PriceUpdateParams,
        "active nickname metadata metadata.* lookup_key transfer_lookup_key tax_behavior",
    ),
]
