"""Invoice items: amounts waiting for a customer's next manual invoice.

https://docs.stripe.com/api/invoiceitems
"""

from __future__ import annotations

from typing import Any

from stripe.params import (
    InvoiceItemCreateParams,
    InvoiceItemDeleteParams,
    InvoiceItemListParams,
    InvoiceItemRetrieveParams,
)

from tests.stripe_stand_in import money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import invoicing
from tests.stripe_stand_in.engine.lines import for_amount
from tests.stripe_stand_in.errors import invalid, missing
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def create(call: Call) -> Thing:
    """Pending, or on the draft named by `invoice`."""
    world, params = call.world, call.params
    if "customer" not in params:
        raise missing("customer")
    customer = living(world, params["customer"])
    amount, currency = _amount(world, params)
    now = world.now_for(customer["id"])
    item: Thing = {
        "id": world.store.new_id("invoiceitem"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "date": now,
        "description": params.get("description"),
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": merged(None, params.get("metadata")),
        "net_amount": amount,
        "parent": None,
        "period": {"start": now, "end": now},
        "pricing": None,
        "proration": False,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": customer["test_clock"],
    }
    item["_line"] = for_amount(world, item)
    world.store.add(item)
    emit(world, "invoiceitem.created", item)
    if "invoice" in params:
        _put_on(world, item, params["invoice"])
    return item


def _amount(world: World, params: dict[str, Any]) -> tuple[int, str]:
    wanted = params.get("pricing", {}).get("price")
    if wanted is not None:
        price = world.store.get("price", wanted, "pricing[price]")
        return price["unit_amount"] * params.get("quantity", 1), price["currency"]
    if "amount" not in params:
        raise missing("amount")
    return params["amount"], money.check_currency(params.get("currency", "usd"))


def _put_on(world: World, item: Thing, wanted: str) -> None:
    invoice = world.store.get("invoice", wanted, "invoice")
    if invoice["status"] != "draft":
        raise invalid("You can only add items to draft invoices.", "invoice")
    item["invoice"] = invoice["id"]
    invoicing.add_lines(world, invoice, [item["_line"]])


def retrieve(call: Call) -> Thing:
    return call.world.store.get("invoiceitem", call.id)


def delete(call: Call) -> Thing:
    item = call.world.store.get("invoiceitem", call.id)
    if item["invoice"] is not None:
        raise invalid("Only items that are on no invoice can be deleted.")
    emit(call.world, "invoiceitem.deleted", item)
    call.world.store.forget(item)
    return {"id": item["id"], "object": "invoiceitem", "deleted": True}


def list_all(call: Call) -> Thing:
    keys = ("customer", "invoice")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    if call.params.get("pending"):
        wanted["invoice"] = None
    return page(call.world.store.all("invoiceitem", **wanted), call.params, "/v1/invoiceitems")


ROUTES = [
    route(
        "POST",
        "/v1/invoiceitems",
        create,
        InvoiceItemCreateParams,
        "customer amount currency description invoice metadata.* pricing.price quantity",
    ),
    route(
        "GET",
        "/v1/invoiceitems",
        list_all,
        InvoiceItemListParams,
        f"{PAGING} customer invoice pending",
    ),
    route("GET", "/v1/invoiceitems/{id}", retrieve, InvoiceItemRetrieveParams),
    route("DELETE", "/v1/invoiceitems/{id}", delete, InvoiceItemDeleteParams),
]
