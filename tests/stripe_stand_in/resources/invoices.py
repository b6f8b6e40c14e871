"""Invoices. https://docs.stripe.com/api/invoices"""

from __future__ import annotations

from stripe.params import (
    InvoiceCreateParams,
    InvoiceDeleteParams,
    InvoiceFinalizeInvoiceParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoiceMarkUncollectibleParams,
    InvoicePayParams,
    InvoiceRetrieveParams,
    InvoiceSendInvoiceParams,
    InvoiceUpdateParams,
    InvoiceVoidInvoiceParams,
)

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import charging, invoicing, lifecycle
from tests.stripe_stand_in.engine.methods import resolve
from tests.stripe_stand_in.errors import StripeError, declined, invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import living
from tests.stripe_stand_in.store import Thing


def create(call: Call) -> Thing:
    """A manual invoice of the customer's pending items."""
    world, params = call.world, call.params
    if "customer" not in params:
        raise missing("customer")
    customer = living(world, params["customer"])
    taken = params.get("pending_invoice_items_behavior", "exclude") == "include"
    items = world.store.all("invoiceitem", customer=customer["id"], invoice=None) if taken else []
    currency = params.get("currency") or (items[0]["currency"] if items else "usd")
    invoice = invoicing.draft(
        world,
        customer,
        [item["_line"] for item in items],
        currency=currency,
        auto_advance=params.get("auto_advance", False),
        collection_method=params.get("collection_method", "charge_automatically"),
        description=params.get("description"),
        metadata=merged(None, params.get("metadata")),
        _days_until_due=params.get("days_until_due", 30),
    )
    for item in items:
        item["invoice"] = invoice["id"]
    return invoice


def retrieve(call: Call) -> Thing:
    return call.world.store.get("invoice", call.id)


def update(call: Call) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    with changing(call.world, invoice, "invoice.updated"):
        invoice["metadata"] = merged(invoice["metadata"], call.params.get("metadata"))
        for key in ("description", "auto_advance"):
            if key in call.params:
                invoice[key] = call.params[key]
    return invoice


def finalize(call: Call) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    invoicing.finalize(call.world, invoice)
    if invoice["status"] == "paid":
        lifecycle.react(call.world, invoice, charging.SUCCEEDED)
    return invoice


def pay(call: Call) -> Thing:
    """Raises a card_error (402) when the card is declined, having recorded the attempt."""
    world, params = call.world, call.params
    invoice = world.store.get("invoice", call.id)
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "draft":
        invoicing.finalize(world, invoice)
        if invoice["status"] == "paid":
            lifecycle.react(world, invoice, charging.SUCCEEDED)
            return invoice
    if invoice["status"] != "open":
        raise invalid(f"This invoice is {invoice['status']} and cannot be paid.")
    if params.get("paid_out_of_band"):
        invoicing.mark_paid(world, invoice, outside=True)
        lifecycle.react(world, invoice, charging.SUCCEEDED)
        return invoice
    given = params.get("payment_method")
    method = resolve(world, given, "payment_method") if given else None
    method = method or invoicing.method_for(world, invoice)
    if method is None:
        raise invalid(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set a "
            "payment method before trying to pay.",
            code="invoice_no_payment_method",
        )
    present = not params.get("off_session", True)
    outcome = lifecycle.pay(world, invoice, present=present, method=method)
    if outcome == charging.ASKS:
        raise declined("authentication_required", "invoice_payment_intent_requires_action")
    if outcome == charging.DECLINED:
        refused = charging.refusal(method, present=present)
        raise refused if refused else declined("generic_decline")
    return invoice


def void(call: Call) -> Thing:
    return _end(call, "void")


def mark_uncollectible(call: Call) -> Thing:
    return _end(call, "uncollectible")


def _end(call: Call, status: str) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only pass in open invoices. This invoice isn't open.")
    invoicing.end_unpaid(call.world, invoice, status)
    lifecycle.react(call.world, invoice, charging.SUCCEEDED)
    return invoice


def send(call: Call) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    if invoice["status"] == "draft":
        invoicing.finalize(call.world, invoice)
    emit(call.world, "invoice.sent", invoice)
    return invoice


def delete(call: Call) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    if invoice["status"] != "draft" or invoicing.subscription_of(invoice):
        raise invalid("You can only delete draft invoices that belong to no subscription.")
    emit(call.world, "invoice.deleted", invoice)
    call.world.store.forget(invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def list_all(call: Call) -> Thing:
    keys = ("customer", "status", "collection_method")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all("invoice", **wanted)
    if "subscription" in call.params:
        wanted_subscription = call.params["subscription"]
        things = [i for i in things if invoicing.subscription_of(i) == wanted_subscription]
    return page(things, call.params, "/v1/invoices")


def list_lines(call: Call) -> Thing:
    invoice = call.world.store.get("invoice", call.id)
    newest_first = invoice["lines"]["data"][::-1]
    return page(newest_first, call.params, f"/v1/invoices/{invoice['id']}/lines")


ROUTES = [
    route(
        "POST",
        "/v1/invoices",
        create,
        InvoiceCreateParams,
        "customer currency auto_advance collection_method days_until_due description metadata.* "
        "pending_invoice_items_behavior",
    ),
    route(
        "GET",
        "/v1/invoices",
        list_all,
        InvoiceListParams,
        f"{PAGING} customer status subscription collection_method",
    ),
    route("GET", "/v1/invoices/{id}", retrieve, InvoiceRetrieveParams),
    route(
        "POST",
        "/v1/invoices/{id}",
        update,
        InvoiceUpdateParams,
        "metadata metadata.* description auto_advance",
    ),
    route("DELETE", "/v1/invoices/{id}", delete, InvoiceDeleteParams),
    route("GET", "/v1/invoices/{id}/lines", list_lines, InvoiceLineItemListParams, PAGING),
    route(
        "POST",
        "/v1/invoices/{id}/finalize",
        finalize,
        InvoiceFinalizeInvoiceParams,
        "auto_advance",
    ),
    route(
        "POST",
        "/v1/invoices/{id}/pay",
        pay,
        InvoicePayParams,
        "paid_out_of_band payment_method off_session",
    ),
    route("POST", "/v1/invoices/{id}/send", send, InvoiceSendInvoiceParams),
    route("POST", "/v1/invoices/{id}/void", void, InvoiceVoidInvoiceParams),
    route(
        "POST",
        "/v1/invoices/{id}/mark_uncollectible",
        mark_uncollectible,
        InvoiceMarkUncollectibleParams,
    ),
]
