"""Taking money: payment intents, charges, and what each test card does to them."""

from __future__ import annotations

from tests.stripe_stand_in import cards
from tests.stripe_stand_in.engine import shapes
from tests.stripe_stand_in.engine.disputing import open_dispute
from tests.stripe_stand_in.errors import StripeError, declined
from tests.stripe_stand_in.events import changing, emit, public
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World

SUCCEEDED, DECLINED, ASKS, PROCESSING = "succeeded", "declined", "requires_action", "processing"


def means_of(method: Thing) -> cards.Means:
    """The test card or account behind a payment method."""
    return cards.of(method["_number"])


def refusal(method: Thing, *, present: bool) -> StripeError | None:
    """The error charging this method would end in; None when it would be accepted.

    present: the payer is at the page (a card that only fails later is accepted).
    """
    if method.get("_decline"):
        return declined(method["_decline"])
    means = means_of(method)
    if means.asks and not present:
        return declined("authentication_required", "authentication_required")
    if means.decline and not (means.only_later and present):
        return declined(means.decline, means.error_code)
    return None


def charge(
    world: World, intent: Thing, method: Thing, *, present: bool, invoiced: bool = False
) -> str:
    """Try to collect the intent with the method: one of the four outcomes above.

    The intent's status, its charge and their events follow; nothing is raised. invoiced: a bank
    that wants to ask an absent payer waits for the answer instead of declining.
    """
    intent["payment_method"] = method["id"]
    refused = refusal(method, present=present)
    if refused is not None and not (invoiced and refused.code == "authentication_required"):
        _fail(world, intent, method, refused)
        return DECLINED
    means = means_of(method)
    if means.asks and not method.get("_confirmed"):
        intent["status"] = ASKS
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        emit(world, "payment_intent.requires_action", intent)
        return ASKS
    if means.delayed:
        _begin_delayed(world, intent, method, means)
        return PROCESSING
    _succeed(world, intent, method, shapes.charge(world, intent, method))
    if means.disputes:
        made = world.store.get("charge", intent["latest_charge"])
        open_dispute(world, made, "fraudulent", inquiry=means.inquiry)
    return SUCCEEDED


def authenticated(world: World, intent: Thing, *, confirmed: bool) -> str:
    """The holder answered the bank's question."""
    method = world.store.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if confirmed:
        _succeed(world, intent, method, shapes.charge(world, intent, method))
        return SUCCEEDED
    failed = StripeError(
        "We are unable to authenticate your payment method. Please choose a different payment "
        "method and try again.",
        status=402,
        code="payment_intent_authentication_failure",
    )
    _fail(world, intent, method, failed)
    return DECLINED


def settle(world: World, intent: Thing, *, arrived: bool) -> str:
    """A delayed payment arrives or bounces."""
    method = world.store.get("payment_method", intent["payment_method"])
    pending = world.store.get("charge", intent["latest_charge"])
    intent["processing"] = None
    intent.pop("_settles_at", None)
    if arrived:
        _succeed(world, intent, method, pending)
        return SUCCEEDED
    failed = StripeError("The bank returned the payment.", status=402, code="debit_not_authorized")
    _fail(world, intent, method, failed, pending)
    return DECLINED


def _begin_delayed(world: World, intent: Thing, method: Thing, means: cards.Means) -> None:
    pending = shapes.charge(world, intent, method)
    intent["latest_charge"] = pending["id"]
    intent["status"] = "processing"
    intent["processing"] = {"type": method["type"]}
    intent["_settles_at"] = world.now_for(intent["customer"]) + (
        world.settings.bank_debit_days * DAY
    )
    intent["_bounces"] = means.bounces
    emit(world, "charge.pending", pending)
    emit(world, "payment_intent.processing", intent)


def _succeed(world: World, intent: Thing, method: Thing, made: Thing) -> None:
    moved = shapes.balance_transaction(world, made, made["amount"], "charge")
    made |= {
        "amount_captured": made["amount"],
        "balance_transaction": moved["id"],
        "captured": True,
        "outcome": shapes.outcome("authorized"),
        "paid": True,
        "receipt_url": f"{world.base_url}/receipts/{made['id']}",
        "status": "succeeded",
    }
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": made["id"],
        "status": "succeeded",
    }
    emit(world, "charge.succeeded", made)
    emit(world, "payment_intent.succeeded", intent)


def _fail(
    world: World, intent: Thing, method: Thing, error: StripeError, made: Thing | None = None
) -> None:
    failed = made or shapes.charge(world, intent, method)
    failed |= {
        "failure_code": error.code,
        "failure_message": error.message,
        "outcome": shapes.outcome(
            "issuer_declined", error.extra.get("decline_code", error.code or "generic_decline")
        ),
        "status": "failed",
    }
    intent |= {
        "last_payment_error": {
            **error.body()["error"],
            "charge": failed["id"],
            "payment_method": public(method),
        },
        "latest_charge": failed["id"],
        "payment_method": None,
        "status": "requires_payment_method",
    }
    emit(world, "charge.failed", failed)
    emit(world, "payment_intent.payment_failed", intent)


def cancel(world: World, intent: Thing, reason: str | None = None) -> None:
    """End an intent that was not paid."""
    if intent["status"] in ("succeeded", "canceled"):
        return
    intent |= {
        "canceled_at": world.now_for(intent["customer"]),
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    emit(world, "payment_intent.canceled", intent)


def set_default(world: World, customer: Thing, method: Thing) -> None:
    """Make the method what the customer's invoices are charged to."""
    with changing(world, customer, "customer.updated"):
        customer["invoice_settings"]["default_payment_method"] = method["id"]
