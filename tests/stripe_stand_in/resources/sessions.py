"""Checkout Sessions. https://docs.stripe.com/api/checkout/sessions"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
    SessionUpdateParams,
)

from tests.stripe_stand_in import cards
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import checkout
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.session_new import new_session
from tests.stripe_stand_in.store import Thing


class PaymentPageConfirm(TypedDict):
    """What the CLI sends; the library knows nothing of it."""

    payment_method: str
    expected_amount: NotRequired[int]


def create(call: Call) -> Thing:
    return new_session(call.world, call.params)


def _session(call: Call) -> Thing:
    return call.world.store.get("checkout.session", call.id)


def retrieve(call: Call) -> Thing:
    """A session past its time answers `expired` even if nothing has looked at it since."""
    session = _session(call)
    late = call.world.now_for(session["customer"]) >= session["expires_at"]
    if late and session["status"] == "open":
        checkout.expire(call.world, session)
    return session


def update(call: Call) -> Thing:
    session = _session(call)
    session["metadata"] = merged(session["metadata"], call.params.get("metadata"))
    return session


def expire(call: Call) -> Thing:
    session = _session(call)
    checkout.expire(call.world, session)
    return session


def line_items(call: Call) -> Thing:
    session = _session(call)
    newest_first = session["_line_items"][::-1]
    return page(newest_first, call.params, f"/v1/checkout/sessions/{session['id']}/line_items")


def list_all(call: Call) -> Thing:
    keys = ("customer", "payment_intent", "subscription", "status")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    things = call.world.store.all("checkout.session", **wanted)
    email = call.params.get("customer_details", {}).get("email")
    if email is not None:
        things = [s for s in things if (s["customer_details"] or {}).get("email") == email]
    return page(things, call.params, "/v1/checkout/sessions")


def payment_page(call: Call) -> Thing:
    """Not a documented endpoint: the CLI's `trigger` looks at the page's data before paying."""
    session = _session(call)
    return {"id": session["id"], "object": "payment_page", "session_id": session["id"]} | {
        "total_summary": {"total": session["amount_total"], "currency": session["currency"]},
        "status": session["status"],
    }


def confirm_page(call: Call) -> Thing:
    """Not a documented endpoint: how the CLI's `trigger` pays."""
    session, params = _session(call), call.params
    if params.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise invalid("The amount has changed.", "expected_amount")
    method = call.world.store.get("payment_method", params["payment_method"], "payment_method")
    means = cards.of(method["_number"])
    if means.kind not in session["payment_method_types"]:
        means = cards.working_account(session["payment_method_types"][0])
    billing = method["billing_details"]
    payer = checkout.Payer(
        billing["email"] or "cli@example.com", means, billing["name"], billing["address"]
    )
    checkout.complete(call.world, session, payer)
    return session


_MODELLED = (
    "mode success_url cancel_url client_reference_id customer customer_email customer_creation "
    "customer_update.* metadata.* locale expires_at submit_type ui_mode "
    "allow_promotion_codes discounts.coupon discounts.promotion_code automatic_tax.enabled "
    "billing_address_collection allowed_payment_method_types excluded_payment_method_types payment_method_collection currency "
    "line_items.price line_items.quantity line_items.metadata.* line_items.price_data.currency "
    "line_items.price_data.unit_amount line_items.price_data.product "
    "line_items.price_data.tax_behavior line_items.price_data.recurring.* "
    "line_items.price_data.product_data.name line_items.price_data.product_data.description "
    "line_items.price_data.product_data.images line_items.price_data.product_data.metadata.* "
    "line_items.price_data.product_data.tax_code line_items.adjustable_quantity.* "
    "subscription_data.trial_period_days subscription_data.trial_end "
    "subscription_data.trial_settings.end_behavior.missing_payment_method "
    "subscription_data.metadata.* subscription_data.description subscription_data.billing_mode.* "
    "payment_intent_data.metadata.* payment_intent_data.description "
    "payment_intent_data.receipt_email payment_intent_data.setup_future_usage "
    "payment_intent_data.shipping.* payment_intent_data.statement_descriptor "
    "payment_intent_data.statement_descriptor_suffix invoice_creation.enabled custom_text.* "
    "custom_fields.*"
)
ROUTES = [
    route("POST", "/v1/checkout/sessions", create, SessionCreateParams, _MODELLED),
    route(
        "GET",
        "/v1/checkout/sessions",
        list_all,
        SessionListParams,
        f"{PAGING} customer payment_intent subscription status customer_details.email",
    ),
    route("GET", "/v1/checkout/sessions/{id}", retrieve, SessionRetrieveParams),
    route(
        "POST",
        "/v1/checkout/sessions/{id}",
        update,
        SessionUpdateParams,
        "metadata metadata.*",
    ),
    route("POST", "/v1/checkout/sessions/{id}/expire", expire, SessionExpireParams),
    route(
        "GET",
        "/v1/checkout/sessions/{id}/line_items",
        line_items,
        SessionLineItemListParams,
        PAGING,
    ),
    route("GET", "/v1/payment_pages/{id}", payment_page),
    route(
        "POST",
        "/v1/payment_pages/{id}/confirm",
        confirm_page,
        PaymentPageConfirm,
        "payment_method expected_amount",
    ),
]
