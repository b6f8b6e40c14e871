"""Creating a Checkout Session: the many parameters that exclude or require each other."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.stripe_stand_in import money
from tests.stripe_stand_in.cards import DEBITS
from tests.stripe_stand_in.engine import discounts, totals
from tests.stripe_stand_in.engine.starting import trial_end_after
from tests.stripe_stand_in.errors import StripeError, invalid, missing
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.resources.customers import check_email, living
from tests.stripe_stand_in.resources.session_lines import read_lines
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World

_ONLY_IN = {
    "payment_intent_data": ("payment",),
    "invoice_creation": ("payment",),
    "customer_creation": ("payment", "setup"),
    "subscription_data": ("subscription",),
    "payment_method_collection": ("subscription",),
}
_REFERENCE = re.compile(r"^[A-Za-z0-9_-]{1,200}$")


def new_session(world: World, params: dict[str, Any]) -> Thing:
    """An open session with its page's address. Raises StripeError as Stripe would."""
    _check_mode(params)
    _check_urls(params)
    customer = _check_customer(world, params)
    now = world.now_for(customer["id"] if customer else None)
    expires_at = _check_expiry(params, now)
    reduction = _check_discounts(world, params)
    _check_trial(params, now)
    lines = read_lines(world, params)
    discounts.check_currency([reduction] if reduction else [], lines[0]["currency"])
    session = _make(world, params, lines, customer)
    session |= {"expires_at": expires_at, "_reduction": reduction}
    if reduction is not None:
        code = reduction.promotion_code
        session["discounts"] = [
            {"coupon": reduction.coupon["id"], "promotion_code": code and code["id"]}
        ]
    totals.count(world, session)
    _check_amount(session)
    session["url"] = f"{world.base_url}/c/pay/{session['id']}"
    return world.store.add(session)


def _check_mode(params: dict[str, Any]) -> None:
    mode = params.get("mode")
    if mode is None:
        raise missing("mode")
    if mode == "setup":
        raise invalid("The stand-in models payment and subscription mode.", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The stand-in models the hosted page only.", "ui_mode")
    for name, modes in _ONLY_IN.items():
        if name in params and mode not in modes:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", name)


def _check_urls(params: dict[str, Any]) -> None:
    if "success_url" not in params:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        if name in params:
            check_url(params[name], name)
    reference = params.get("client_reference_id")
    if reference is not None and not _REFERENCE.match(reference):
        raise invalid(
            "client_reference_id takes letters, digits, dashes and underscores, at most 200.",
            "client_reference_id",
        )


def check_url(url: str, param: str) -> str:
    """Raises url_invalid for anything but an absolute http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > 5000:
        raise StripeError(
            "Not a valid URL. URLs must start with http or https.", code="url_invalid", param=param
        )
    return url


def _check_customer(world: World, params: dict[str, Any]) -> Thing | None:
    if "customer" in params and "customer_email" in params:
        raise invalid(
            "You may only specify one of these parameters: customer, customer_email.",
            "customer_email",
        )
    if "customer_update" in params and "customer" not in params:
        raise invalid("`customer_update` can only be used with `customer`.", "customer_update")
    if "customer_email" in params:
        check_email(params["customer_email"], "customer_email")
    if "customer" not in params:
        return None
    if "customer_creation" in params:
        raise invalid("`customer_creation` cannot be used with `customer`.", "customer_creation")
    customer = living(world, params["customer"])
    _check_tax_address(params, customer)
    return customer


def _check_tax_address(params: dict[str, Any], customer: Thing) -> None:
    """Tax needs a place: known already, or collected now and kept."""
    taxed = params.get("automatic_tax", {}).get("enabled")
    kept = params.get("customer_update", {}).get("address") == "auto"
    if taxed and not kept and not (customer["address"] or {}).get("country"):
        raise invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add "
            "a valid address to the Customer or set either `customer_update[address]` to 'auto' "
            "or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to "
            "the Customer.",
            "automatic_tax",
            "customer_tax_location_invalid",
        )


def _check_expiry(params: dict[str, Any], now: int) -> int:
    expires_at: int = params.get("expires_at", now + DAY)
    if not now + 30 * 60 - 60 <= expires_at <= now + DAY + 60:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from "
            "Checkout Session creation.",
            "expires_at",
        )
    return expires_at


def _check_discounts(world: World, params: dict[str, Any]) -> discounts.Reduction | None:
    given = params.get("discounts") or []
    if given and params.get("allow_promotion_codes") is not None:
        raise invalid(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            "discounts",
        )
    if len(given) > 1:
        raise invalid("You may only specify one discount.", "discounts")
    found = discounts.read(world, given)
    return found[0] if found else None


def _check_trial(params: dict[str, Any], now: int) -> None:
    data = params.get("subscription_data", {})
    if "trial_end" in data and "trial_period_days" in data:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            "subscription_data",
        )
    trial_end_after(now, data.get("trial_period_days"))
    if "trial_end" in data and data["trial_end"] < now + 2 * DAY - 60:
        raise invalid(
            "The `trial_end` date has to be at least 2 days in the future.",
            "subscription_data[trial_end]",
        )


def _check_amount(session: Thing) -> None:
    total, currency = session["amount_total"], session["currency"]
    chosen_later = any(line["price"]["custom_unit_amount"] for line in session["_line_items"])
    if session["mode"] == "payment" and total and not chosen_later:
        money.check_charge(total, currency, "The Checkout Session's total amount due")
    if total > money.LARGEST:
        raise StripeError("The total is too large.", code="amount_too_large", param="line_items")


def _make(
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
