"""Charges. https://docs.stripe.com/api/charges"""

from __future__ import annotations

from stripe.params import (
    ChargeCreateParams,
    ChargeListParams,
    ChargeRetrieveParams,
    ChargeUpdateParams,
)

from tests.stripe_stand_in import cards, money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import charging, shapes
from tests.stripe_stand_in.engine.methods import new_method
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing


def create(call: Call) -> Thing:
    """The old way, with a token; the CLI's triggers still use it."""
    world, params = call.world, call.params
    if "amount" not in params or "currency" not in params:
        raise missing("amount" if "amount" not in params else "currency")
    means = cards.by_token(params.get("source", ""))
    if means is None:
        raise invalid("Must provide source or customer.", "source")
    currency = money.check_currency(params["currency"])
    money.check_charge(params["amount"], currency)
    intent = shapes.intent(
        world,
        amount=params["amount"],
        currency=currency,
        customer=None,
        description=params.get("description"),
        metadata=merged(None, params.get("metadata")),
        shipping=params.get("shipping"),
    )
    method = new_method(world, means)
    outcome = charging.charge(world, intent, method, present=True)
    refused = charging.refusal(method, present=True)
    if outcome == charging.DECLINED and refused is not None:
        raise refused
    return world.store.get("charge", intent["latest_charge"])


def retrieve(call: Call) -> Thing:
    return call.world.store.get("charge", call.id)


def update(call: Call) -> Thing:
    charge = call.world.store.get("charge", call.id)
    with changing(call.world, charge, "charge.updated"):
        charge["metadata"] = merged(charge["metadata"], call.params.get("metadata"))
        if "description" in call.params:
            charge["description"] = call.params["description"]
    return charge


def list_all(call: Call) -> Thing:
    keys = ("customer", "payment_intent")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    return page(call.world.store.all("charge", **wanted), call.params, "/v1/charges")


ROUTES = [
    route(
        "POST",
        "/v1/charges",
        create,
        ChargeCreateParams,
        "amount currency source description metadata.* shipping.*",
    ),
    route("GET", "/v1/charges", list_all, ChargeListParams, f"{PAGING} customer payment_intent"),
    route("GET", "/v1/charges/{id}", retrieve, ChargeRetrieveParams),
    route(
        "POST",
        "/v1/charges/{id}",
        update,
        ChargeUpdateParams,
        "metadata metadata.* description",
    ),
]
