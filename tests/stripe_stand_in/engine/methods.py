"""Payment methods: made from test cards and accounts, kept with customers."""

from __future__ import annotations

from tests.stripe_stand_in import cards
from tests.stripe_stand_in.errors import StripeError, no_such
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

NO_ADDRESS: Thing = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def new_method(world: World, means: cards.Means, billing: Thing | None = None) -> Thing:
    """A payment method nobody owns yet."""
    billing = billing or {}
    details = {
        "address": NO_ADDRESS | (billing.get("address") or {}),
        "email": billing.get("email"),
        "name": billing.get("name"),
        "phone": billing.get("phone"),
        "tax_id": None,
    }
    made = world.new(
        "payment_method",
        {
            "allow_redisplay": "unspecified",
            "billing_details": details,
            "customer": None,
            "customer_account": None,
            "metadata": {},
            "type": means.kind,
            "_number": means.number,
        },
    )
    made[means.kind] = _DETAILS[means.kind](means)
    return made


def _card(means: cards.Means) -> Thing:
    return {
        "brand": means.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": means.brand,
        "exp_month": 8,
        "exp_year": 2040,
        "fingerprint": f"finger{means.number[-10:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": means.number[-4:],
        "networks": {"available": [means.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank(means: cards.Means) -> Thing:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": means.brand,
        "financial_connections_account": None,
        "fingerprint": f"finger{means.number}",
        "last4": means.number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": None,
    }


def _sepa(means: cards.Means) -> Thing:
    return {
        "bank_code": "19043",
        "branch_code": "",
        "country": means.number[:2],
        "fingerprint": f"finger{means.number}",
        "generated_from": None,
        "last4": means.number[-4:],
    }


def _bacs(means: cards.Means) -> Thing:
    return {
        "fingerprint": f"finger{means.number}",
        "last4": means.number[-4:],
        "sort_code": "108800",
    }


_DETAILS = {
    "bacs_debit": _bacs,
    "card": _card,
    "sepa_debit": _sepa,
    "us_bank_account": _bank,
}


def resolve(world: World, wanted: str, param: str) -> Thing:
    """A stored method, or a fresh one from a test name such as `pm_card_visa`."""
    means = cards.by_token(wanted) if wanted.startswith(("pm_card_", "tok_")) else None
    if means is not None:
        return new_method(world, means)
    found = world.store.find("payment_method", wanted)
    if found is None:
        raise no_such("PaymentMethod", wanted, param)
    return found


def attach_to(world: World, method: Thing, customer: Thing) -> None:
    """Give the method to a customer. A card that is always declined is refused here."""
    if method["customer"] == customer["id"]:
        return
    if method["customer"] is not None:
        raise StripeError(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    means = cards.of(method["_number"])
    if means.decline and not means.only_later:
        raise StripeError(
            "Your card was declined.",
            status=402,
            kind="card_error",
            code=means.error_code,
            decline_code=means.decline,
        )
    method["customer"] = customer["id"]
    emit(world, "payment_method.attached", method)


def detach(world: World, method: Thing) -> None:
    """Take the method from its customer, for good."""
    if method["customer"] is None:
        raise StripeError("The payment method is not attached to a customer.")
    previous = {"customer": method["customer"]}
    customer = world.store.get("customer", method["customer"])
    settings = customer.get("invoice_settings", {})
    if settings.get("default_payment_method") == method["id"]:
        settings["default_payment_method"] = None
    for subscription in world.store.all("subscription", default_payment_method=method["id"]):
        subscription["default_payment_method"] = None
    method["customer"] = None
    emit(world, "payment_method.detached", method, previous)
