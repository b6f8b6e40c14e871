"""Payment methods. https://docs.stripe.com/api/payment_methods"""

from __future__ import annotations

from stripe.params import (
    PaymentMethodAttachParams,
    PaymentMethodCreateParams,
    PaymentMethodDetachParams,
    PaymentMethodListParams,
    PaymentMethodRetrieveParams,
    PaymentMethodUpdateParams,
)

from tests.stripe_stand_in import cards
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.methods import attach_to, detach, new_method, resolve
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing


def create(call: Call) -> Thing:
    """From a card number, a token, or a US bank account."""
    params = call.params
    given = params.get(params.get("type") or "", {})
    if params.get("type") == "card":
        means = (
            cards.by_token(given["token"])
            if "token" in given
            else cards.by_number(given.get("number", ""))
        )
    elif params.get("type") in cards.DEBITS.values():
        means = cards.ACCOUNTS.get(given.get("account_number") or given.get("iban", ""))
    else:
        raise missing("type")
    if means is None:
        raise invalid(
            "Your card number is not one of the test numbers.", "card", "incorrect_number"
        )
    method = new_method(call.world, means, params.get("billing_details"))
    method["metadata"] = merged(None, params.get("metadata"))
    return method


def retrieve(call: Call) -> Thing:
    return resolve(call.world, call.id, "id")


def update(call: Call) -> Thing:
    method = call.world.store.get("payment_method", call.id)
    with changing(call.world, method, "payment_method.updated"):
        if "metadata" in call.params:
            method["metadata"] = merged(method["metadata"], call.params["metadata"])
        if "billing_details" in call.params:
            method["billing_details"] = method["billing_details"] | call.params["billing_details"]
    return method


def attach(call: Call) -> Thing:
    world = call.world
    method = resolve(world, call.id, "id")
    if "customer" not in call.params:
        raise missing("customer")
    attach_to(world, method, world.store.get("customer", call.params["customer"], "customer"))
    return method


def detach_it(call: Call) -> Thing:
    method = call.world.store.get("payment_method", call.id)
    detach(call.world, method)
    return method


def list_all(call: Call) -> Thing:
    wanted = {k: call.params[k] for k in ("customer", "type") if k in call.params}
    methods = call.world.store.all("payment_method", **wanted)
    return page(methods, call.params, "/v1/payment_methods")


ROUTES = [
    route(
        "POST",
        "/v1/payment_methods",
        create,
        PaymentMethodCreateParams,
        "type card.* billing_details.* metadata.* us_bank_account.* sepa_debit.* bacs_debit.*",
    ),
    route(
        "GET", "/v1/payment_methods", list_all, PaymentMethodListParams, f"{PAGING} customer type"
    ),
    route("GET", "/v1/payment_methods/{id}", retrieve, PaymentMethodRetrieveParams),
    route(
        "POST",
        "/v1/payment_methods/{id}",
        update,
        PaymentMethodUpdateParams,
        "metadata metadata.* billing_details.*",
    ),
    route("POST", "/v1/payment_methods/{id}/attach", attach, PaymentMethodAttachParams, "customer"),
    route("POST", "/v1/payment_methods/{id}/detach", detach_it, PaymentMethodDetachParams),
]
