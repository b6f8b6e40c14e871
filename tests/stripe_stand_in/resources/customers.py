"""Customers. https://docs.stripe.com/api/customers"""

from __future__ import annotations

import re
from typing import Any

from stripe.params import (
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerPaymentMethodListParams,
    CustomerRetrieveParams,
    CustomerSearchParams,
    CustomerUpdateParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine.lifecycle import cancel_now
from tests.stripe_stand_in.engine.methods import attach_to, resolve
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.search import search_page
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

_PLAIN = ("description", "email", "name", "phone", "preferred_locales", "tax_exempt")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def check_email(email: str, param: str = "email") -> str:
    """Raises email_invalid for what cannot be an address."""
    if len(email) > 512 or not _EMAIL.match(email):
        raise StripeError(f"Invalid email address: {email}", code="email_invalid", param=param)
    return email


def full_address(given: dict[str, Any] | None) -> Thing | None:
    """All six lines, absent ones null, as Stripe stores an address."""
    return {key: given.get(key) for key in _ADDRESS} if given else None


def new_customer(world: World, params: dict[str, Any]) -> Thing:
    """A customer from parameters; emits customer.created."""
    if params.get("email"):
        check_email(params["email"])
    clock = params.get("test_clock")
    if clock is not None:
        world.store.get("test_helpers.test_clock", clock, "test_clock")
    fields: Thing = {
        "address": full_address(params.get("address")),
        "balance": params.get("balance", 0),
        "created": world.now(clock),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": world.store.secret(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged(None, params.get("metadata")),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": params.get("shipping") or None,
        "tax_exempt": "none",
        "test_clock": clock,
    }
    fields |= {key: params[key] for key in _PLAIN if params.get(key)}
    customer = world.new("customer", fields)
    emit(world, "customer.created", customer)
    return customer


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    given = params.get("payment_method")
    method = None if given is None else resolve(world, given, "payment_method")
    customer = new_customer(world, params)
    if method is not None:
        attach_to(world, method, customer)
    _set_default(world, customer, params, method)
    return customer


def _set_default(
    world: World, customer: Thing, params: dict[str, Any], given: Thing | None = None
) -> None:
    """`given`: the method just attached, which a test name such as pm_card_visa means again."""
    settings = params.get("invoice_settings") or {}
    if "default_payment_method" not in settings:
        return
    wanted = settings["default_payment_method"]
    param = "invoice_settings[default_payment_method]"
    if wanted:
        same = given is not None and wanted == params["payment_method"]
        method = given if given is not None and same else resolve(world, wanted, param)
        if method["customer"] != customer["id"]:
            raise invalid(
                "The customer does not have a payment method with the ID "
                f"{method['id']}. The payment method must be attached to the customer.",
                param,
                "resource_missing",
            )
        wanted = method["id"]
    customer["invoice_settings"]["default_payment_method"] = wanted or None


def retrieve(call: Call) -> Thing:
    return call.world.store.get("customer", call.id)


def living(world: World, wanted: str, param: str = "customer") -> Thing:
    """A customer that was not deleted. Raises resource_missing."""
    customer = world.store.get("customer", wanted, param)
    if customer.get("deleted"):
        raise StripeError(
            f"No such customer: '{wanted}'",
            status=404 if param == "id" else 400,
            code="resource_missing",
            param=param,
        )
    return customer


def update(call: Call) -> Thing:
    world, params = call.world, call.params
    customer = living(world, call.id, "id")
    if params.get("email"):
        check_email(params["email"])
    with changing(world, customer, "customer.updated"):
        for key in _PLAIN:
            if key in params:
                customer[key] = params[key] or None
        if "address" in params:
            customer["address"] = full_address(params["address"])
        if "shipping" in params:
            customer["shipping"] = params["shipping"] or None
        if "metadata" in params:
            customer["metadata"] = merged(customer["metadata"], params["metadata"])
        customer["balance"] = params.get("balance", customer["balance"])
        _set_default(world, customer, params)
    return customer


def delete(call: Call) -> Thing:
    """Ends the customer's subscriptions at once; the id answers `deleted` for ever."""
    world = call.world
    customer = living(world, call.id, "id")
    for subscription in world.store.all("subscription", customer=customer["id"]):
        cancel_now(world, subscription)
    emit(world, "customer.deleted", customer)
    stub = {"id": customer["id"], "object": "customer", "deleted": True}
    customer.clear()
    customer.update(stub)
    return customer


def list_all(call: Call) -> Thing:
    """`email` is compared exactly, letter case included, as Stripe does."""
    wanted = {k: call.params[k] for k in ("email", "test_clock") if k in call.params}
    if "test_clock" not in wanted:
        wanted["test_clock"] = None  # customers on a test clock only show when asked for
    things = [c for c in call.world.store.all("customer", **wanted) if not c.get("deleted")]
    return page(things, call.params, "/v1/customers")


def search(call: Call) -> Thing:
    living_ones = [c for c in call.world.store.all("customer") if not c.get("deleted")]
    return search_page(living_ones, call.params, "/v1/customers/search")


def list_payment_methods(call: Call) -> Thing:
    living(call.world, call.id, "id")
    wanted = {"type": call.params["type"]} if "type" in call.params else {}
    methods = call.world.store.all("payment_method", customer=call.id, **wanted)
    return page(methods, call.params, f"/v1/customers/{call.id}/payment_methods")


_FIELDS = (
    "address.* balance description email name phone preferred_locales shipping.* tax_exempt "
    "metadata.* invoice_settings.default_payment_method"
)
ROUTES = [
    route(
        "POST",
        "/v1/customers",
        create,
        CustomerCreateParams,
        f"{_FIELDS} payment_method test_clock",
    ),
    route("GET", "/v1/customers", list_all, CustomerListParams, f"{PAGING} email test_clock"),
    route("GET", "/v1/customers/search", search, CustomerSearchParams, "query limit page"),
    route("GET", "/v1/customers/{id}", retrieve, CustomerRetrieveParams),
    route(
        "POST",
        "/v1/customers/{id}",
        update,
        CustomerUpdateParams,
        f"{_FIELDS} metadata address shipping",
    ),
    route("DELETE", "/v1/customers/{id}", delete, CustomerDeleteParams),
    route(
        "GET",
        "/v1/customers/{id}/payment_methods",
        list_payment_methods,
        CustomerPaymentMethodListParams,
        f"{PAGING} type",
    ),
]
