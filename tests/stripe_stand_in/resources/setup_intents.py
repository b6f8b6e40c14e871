"""Setup intents: keeping a card without charging it. https://docs.stripe.com/api/setup_intents"""

from __future__ import annotations

from stripe.params import (
    SetupIntentCancelParams,
    SetupIntentConfirmParams,
    SetupIntentCreateParams,
    SetupIntentListParams,
    SetupIntentRetrieveParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.methods import attach_to, resolve
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def new_setup(world: World, customer: str | None, metadata: Thing) -> Thing:
    """A setup intent waiting for its method; emits setup_intent.created."""
    intent = world.new(
        "setup_intent",
        {
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "customer": customer,
            "description": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "mandate": None,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
        },
        customer=customer,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{world.store.secret(24)}"
    emit(world, "setup_intent.created", intent)
    return intent


def succeed(world: World, intent: Thing, method: Thing) -> None:
    """Keep the method with the customer. Raises a card_error for a card nobody accepts."""
    if intent["customer"] is not None:
        attach_to(world, method, world.store.get("customer", intent["customer"]))
    intent |= {"payment_method": method["id"], "status": "succeeded"}
    emit(world, "setup_intent.succeeded", intent)


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    customer = living(world, params["customer"])["id"] if "customer" in params else None
    intent = new_setup(world, customer, merged(None, params.get("metadata")))
    intent["description"] = params.get("description")
    if "payment_method" in params:
        method = resolve(world, params["payment_method"], "payment_method")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
        if params.get("confirm"):
            succeed(world, intent, method)
    return intent


def confirm(call: Call) -> Thing:
    intent = call.world.store.get("setup_intent", call.id)
    given = call.params.get("payment_method") or intent["payment_method"]
    if given is None:
        raise missing("payment_method")
    succeed(call.world, intent, resolve(call.world, given, "payment_method"))
    return intent


def cancel(call: Call) -> Thing:
    intent = call.world.store.get("setup_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(f"You cannot cancel this SetupIntent: its status is {intent['status']}.")
    reason = call.params.get("cancellation_reason")
    intent |= {"cancellation_reason": reason, "status": "canceled"}
    emit(call.world, "setup_intent.canceled", intent)
    return intent


def retrieve(call: Call) -> Thing:
    return call.world.store.get("setup_intent", call.id)


def list_all(call: Call) -> Thing:
    keys = ("customer", "payment_method")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    return page(call.world.store.all("setup_intent", **wanted), call.params, "/v1/setup_intents")


ROUTES = [
    route(
        "POST",
        "/v1/setup_intents/{id}/cancel",
        cancel,
        SetupIntentCancelParams,
        "cancellation_reason",
    ),
    route(
        "POST",
        "/v1/setup_intents",
        create,
        SetupIntentCreateParams,
        "customer payment_method confirm metadata.* allowed_payment_method_types usage description",
    ),
    route(
        "GET",
        "/v1/setup_intents",
        list_all,
        SetupIntentListParams,
        f"{PAGING} customer payment_method",
    ),
    route("GET", "/v1/setup_intents/{id}", retrieve, SetupIntentRetrieveParams),
    route(
        "POST",
        "/v1/setup_intents/{id}/confirm",
        confirm,
        SetupIntentConfirmParams,
        "payment_method return_url",
    ),
]
