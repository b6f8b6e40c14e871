"""Disputes: the money is gone at once, and comes back only if the bank decides so."""

from __future__ import annotations

from tests.stripe_stand_in.engine import shapes
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import changing, emit, public
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World

_EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def open_dispute(
    world: World, charge: Thing, reason: str = "fraudulent", *, inquiry: bool = False
) -> Thing:
    """Raises StripeError when the charge was not paid or is disputed already.

    An inquiry takes no money yet and leaves a refund possible.
    """
    if not charge["paid"] or charge["disputed"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.", "charge")
    now = world.now_for(charge["customer"])
    moved = None
    if not inquiry:
        moved = shapes.balance_transaction(world, charge, -charge["amount"], "adjustment")
    dispute = world.new(
        "dispute",
        {
            "amount": charge["amount"],
            "balance_transactions": [public(moved)] if moved else [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": now + 14 * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": inquiry,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": "visa",
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": "visa",
                    "network_reason_code": "10.4",
                },
            },
            "reason": reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        },
        customer=charge["customer"],
    )
    if not inquiry:
        with changing(world, charge, "charge.updated"):
            charge["disputed"] = True
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(world: World, dispute: Thing, *, won: bool) -> Thing:
    """The bank's decision: `won` gives the money back."""
    charge = world.store.get("charge", dispute["charge"])
    dispute["status"] = "won" if won else "lost"
    if won:
        moved = shapes.balance_transaction(world, charge, dispute["amount"], "adjustment")
        dispute["balance_transactions"].append(public(moved))
        emit(world, "charge.dispute.funds_reinstated", dispute)
    emit(world, "charge.dispute.closed", dispute)
    return dispute
