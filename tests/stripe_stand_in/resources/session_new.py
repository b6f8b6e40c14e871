"""Creating a Checkout Session: the many parameters that exclude or require each other."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.stripe_stand_in import money
from tests.stripe_stand_in.engine import discounts, totals
from tests.stripe_stand_in.engine.starting import trial_end_after
from tests.stripe_stand_in.errors import StripeError, invalid, missing
from tests.stripe_stand_in.resources.customers import check_email, living
from tests.stripe_stand_in.resources.session_lines import read_lines
from tests.stripe_stand_in.resources.session_shape import open_session
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
    session = open_session(world, params, lines, customer)
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
    if total > money.largest_charge(session["currency"]):
        raise StripeError("The total is too large.", code="amount_too_large", param="line_items")
