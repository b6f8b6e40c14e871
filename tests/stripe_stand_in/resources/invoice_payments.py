"""Invoice payments: the only way from a charge back to its invoice since 2025.

https://docs.stripe.com/api/invoice-payment
"""

from __future__ import annotations

from stripe.params import InvoicePaymentListParams, InvoicePaymentRetrieveParams

from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.errors import missing
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.store import Thing


def retrieve(call: Call) -> Thing:
    return call.world.store.get("invoice_payment", call.id)


def list_all(call: Call) -> Thing:
    keys = ("invoice", "status")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all("invoice_payment", **wanted)
    payment = call.params.get("payment")
    if payment is not None:
        kind = payment["type"]
        if kind not in payment:
            raise missing(f"payment[{kind}]")
        things = [p for p in things if p["payment"].get(kind) == payment[kind]]
    return page(things, call.params, "/v1/invoice_payments")


ROUTES = [
    route(
        "GET",
        "/v1/invoice_payments",
        list_all,
        InvoicePaymentListParams,
        f"{PAGING} invoice status payment.type payment.payment_intent",
    ),
    route("GET", "/v1/invoice_payments/{id}", retrieve, InvoicePaymentRetrieveParams),
]
