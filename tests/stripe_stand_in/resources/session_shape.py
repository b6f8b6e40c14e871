"""A Checkout Session as it looks when it is new."""

from __future__ import annotations

from typing import Any

from tests.stripe_stand_in.cards import DEBITS
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def open_session(
    world: World, params: dict[str, Any], lines: list[Thing], customer: Thing | None
) -> Thing:
    mode = params["mode"]
    taxed = params.get("automatic_tax", {}).get("enabled", False)
    subscribing = mode == "subscription"
    data = params.get("subscription_data", {})
    custom = [line["price"]["custom_unit_amount"] for line in lines]
    return {
        "id": world.store.new_id("checkout.session"),
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": {
            "enabled": taxed,
            "liability": {"type": "self"} if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "requires_location_inputs" if taxed else None,
        },
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": world.now_for(customer["id"] if customer else None),
        "currency": lines[0]["currency"],
        "currency_conversion": None,
        "custom_fields": [_custom_field(given) for given in params.get("custom_fields", [])],
        "custom_text": _custom_text(params.get("custom_text") or {}),
        "customer": customer and customer["id"],
        "customer_creation": None
        if customer
        else ("always" if subscribing else params.get("customer_creation", "if_required")),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "invoice": None,
        "invoice_creation": None
        if subscribing
        else {
            "enabled": params.get("invoice_creation", {}).get("enabled", False),
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": merged(None, params.get("metadata")),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get("payment_method_collection", "always")
        if subscribing
        else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": _method_types(params, lines[0]["currency"]),
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "redirect_on_completion": None,
        "return_url": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": None,
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
        "_amount": custom[0]["preset"] if custom[0] else None,
        "_customer_update": params.get("customer_update", {}),
        "_line_items": lines,
        "_payment_intent_data": _checked(params.get("payment_intent_data", {})),
        "_subscription_data": _checked(data),
        "_trial": "trial_end" in data or "trial_period_days" in data,
    }


def _method_types(params: dict[str, Any], currency: str) -> list[str]:
    """What the account offers in this currency, less what the request filters out."""
    debit = DEBITS.get(currency)
    offered = ["card"] if debit is None else ["card", debit]
    allowed = params.get("allowed_payment_method_types", offered)
    excluded = params.get("excluded_payment_method_types", [])
    found = [kind for kind in offered if kind in allowed and kind not in excluded]
    if not found:
        raise invalid(
            "No valid payment method types for this Checkout Session.",
            "allowed_payment_method_types",
        )
    return found


def _checked(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"metadata": merged(None, data.get("metadata"))}


def _custom_text(given: dict[str, Any]) -> Thing:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: given.get(name) or None for name in names}


def _custom_field(given: dict[str, Any]) -> Thing:
    kind = given["type"]
    limits = given.get(kind, {})
    own: Thing = {"default_value": limits.get("default_value"), "value": None}
    if kind == "dropdown":
        own["options"] = limits.get("options", [])
    else:
        own |= {
            "maximum_length": limits.get("maximum_length"),
            "minimum_length": limits.get("minimum_length"),
        }
    return {
        "key": given["key"],
        "label": given["label"],
        "optional": given.get("optional", False),
        "type": kind,
        kind: own,
    }
