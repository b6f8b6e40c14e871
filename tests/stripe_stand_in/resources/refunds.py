"""Refunds, whole and in parts. https://docs.stripe.com/api/refunds"""

from __future__ import annotations

from stripe.params import (
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    RefundUpdateParams,
)

from tests.stripe_stand_in import money
from tests.stripe_stand_in.call import Call, route
from tests.stripe_stand_in.engine import shapes
from tests.stripe_stand_in.errors import StripeError, invalid, missing
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.listing import PAGING, page
from tests.stripe_stand_in.metadata import merged
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def refund_charge(
    world: World,
    charge: Thing,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: Thing | None = None,
) -> Thing:
    """Give back `amount` minor units, or all that is left. Raises StripeError beyond that."""
    left = charge["amount"] - charge["amount_refunded"]
    if not charge["paid"]:
        raise invalid(f"Charge {charge['id']} has not been paid.", "charge")
    if charge["disputed"]:
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left == 0:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = left if amount is None else amount
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({money.format_amount(amount, charge['currency'])}) is greater than "
            f"unrefunded amount on charge ({money.format_amount(left, charge['currency'])})",
            "amount",
        )
    return _make(world, charge, amount, reason, metadata or {})


def _make(world: World, charge: Thing, amount: int, reason: str | None, metadata: Thing) -> Thing:
    moved = shapes.balance_transaction(world, charge, -amount, "refund")
    refund = world.new(
        "refund",
        {
            "amount": amount,
            "balance_transaction": moved["id"],
            "charge": charge["id"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "failure_balance_transaction": None,
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "pending_reason": None,
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
        customer=charge["customer"],
    )
    refund.pop("livemode")
    emit(world, "refund.created", refund)
    before = {key: charge[key] for key in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    emit(world, "charge.refunded", charge, before)
    return refund


def create(call: Call) -> Thing:
    world, params = call.world, call.params
    if "charge" in params and "payment_intent" in params:
        raise invalid("You may only specify one of: charge, payment_intent.", "charge")
    if "payment_intent" in params:
        intent = world.store.get("payment_intent", params["payment_intent"], "payment_intent")
        wanted = intent["latest_charge"]
        if wanted is None:
            raise invalid("This PaymentIntent has no successful charge.", "payment_intent")
    elif "charge" in params:
        wanted = params["charge"]
    else:
        raise missing("payment_intent")
    return refund_charge(
        world,
        world.store.get("charge", wanted, "charge"),
        params.get("amount"),
        reason=params.get("reason"),
        metadata=merged(None, params.get("metadata")),
    )


def retrieve(call: Call) -> Thing:
    return call.world.store.get("refund", call.id)


def update(call: Call) -> Thing:
    refund = call.world.store.get("refund", call.id)
    with changing(call.world, refund, "refund.updated"):
        refund["metadata"] = merged(refund["metadata"], call.params.get("metadata"))
    return refund


def list_all(call: Call) -> Thing:
    keys = ("charge", "payment_intent")
    wanted = {key: call.params[key] for key in keys if key in call.params}
    return page(call.world.store.all("refund", **wanted), call.params, "/v1/refunds")


ROUTES = [
    route(
        "POST",
        "/v1/refunds",
        create,
        RefundCreateParams,
        "amount charge payment_intent reason metadata.*",
    ),
    route("GET", "/v1/refunds", list_all, RefundListParams, f"{PAGING} charge payment_intent"),
    route("GET", "/v1/refunds/{id}", retrieve, RefundRetrieveParams),
    route("POST", "/v1/refunds/{id}", update, RefundUpdateParams, "metadata metadata.*"),
]
