"""Payment intents. https://docs.stripe.com/api/payment_intents"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
)

from tests.stripe_stand_in import money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import charging, settling, shapes
from tests.stripe_stand_in.engine.methods import resolve
from tests.stripe_stand_in.errors import StripeError, invalid, not_modelled
from tests.stripe_stand_in.events import emit, public
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    currency = money.check_currency(params["currency"])
    money.check_amount(params["amount"], currency, "amount")
    money.check_charge(params["amount"], currency)
    if params.get("capture_method") == "manual":
        raise not_modelled("capture_method")
    customer = living(world, params["customer"])["id"] if "customer" in params else None
    intent = shapes.intent(
        world,
        amount=params["amount"],
        currency=currency,
        customer=customer,
        description=params.get("description"),
        metadata=merged(None, params.get("metadata")),
        payment_method_types=params.get("allowed_payment_method_types", ["card"]),
        receipt_email=params.get("receipt_email"),
        setup_future_usage=params.get("setup_future_usage"),
        shipping=params.get("shipping"),
    )
    emit(world, "payment_intent.created", intent)
    if "payment_method" in params:
        method = resolve(world, params["payment_method"], "payment_method")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    if params.get("confirm"):
        _confirm(world, intent, params)
    return intent


def _confirm(world: World, intent: Thing, params: dict[str, Any]) -> None:
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise StripeError(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    given = params.get("payment_method") or intent["payment_method"]
    if given is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = resolve(world, given, "payment_method")
    present = not params.get("off_session", False)
    outcome = charging.charge(world, intent, method, present=present)
    settling.follow(world, intent, outcome)
    if outcome == charging.DECLINED:
        error = {k: v for k, v in intent["last_payment_error"].items() if k != "type"}
        raise StripeError(
            error.pop("message"),
            status=402,
            kind="card_error",
            code=error.pop("code"),
            payment_intent=public(intent),
            **{k: error[k] for k in ("charge", "decline_code") if k in error},
        )


def confirm(call: Call) -> Thing:
    intent = call.world.store.get("payment_intent", call.id)
    _confirm(call.world, intent, call.params)
    return intent


def cancel(call: Call) -> Thing:
    intent = call.world.store.get("payment_intent", call.id)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    charging.cancel(call.world, intent, call.params.get("cancellation_reason"))
    return intent


def retrieve(call: Call) -> Thing:
    return call.world.store.get("payment_intent", call.id)


def update(call: Call) -> Thing:
    intent = call.world.store.get("payment_intent", call.id)
    intent["metadata"] = merged(intent["metadata"], call.params.get("metadata"))
    if "description" in call.params:
        intent["description"] = call.params["description"]
    return intent


def list_all(call: Call) -> Thing:
    wanted = {"customer": call.params["customer"]} if "customer" in call.params else {}
    things = call.world.store.all("payment_intent", **wanted)
    return page(things, call.params, "/v1/payment_intents")


ROUTES = [
    route(
        "POST",
        "/v1/payment_intents",
        create,
        PaymentIntentCreateParams,
        "amount currency customer description metadata.* payment_method allowed_payment_method_types "
        "confirm off_session receipt_email setup_future_usage shipping.* capture_method "
        "confirmation_method mandate_data.*",
    ),
    route("GET", "/v1/payment_intents", list_all, PaymentIntentListParams, f"{PAGING} customer"),
    route(
        "GET",
        "/v1/payment_intents/{id}",
        retrieve,
        PaymentIntentRetrieveParams,
        "client_secret",
    ),
    route(
        "POST",
        "/v1/payment_intents/{id}",
        update,
        PaymentIntentUpdateParams,
        "metadata metadata.* description",
    ),
    route(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        confirm,
        PaymentIntentConfirmParams,
        "payment_method off_session return_url",
    ),
    route(
        "POST",
        "/v1/payment_intents/{id}/cancel",
        cancel,
        PaymentIntentCancelParams,
        "cancellation_reason",
    ),
]
