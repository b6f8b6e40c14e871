"""Objects nobody creates by hand, in the full shape Stripe answers them."""

from __future__ import annotations

from typing import Any

from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def intent(
    world: World, *, amount: int, currency: str, customer: str | None, **given: Any
) -> Thing:
    """A payment intent, kept; not announced."""
    fields: Thing = {
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "currency": currency,
        "customer": customer,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    made = world.new("payment_intent", fields | given, customer=customer)
    made["client_secret"] = f"{made['id']}_secret_{world.store.secret(24)}"
    return made


def charge(world: World, paid_for: Thing, method: Thing, **given: Any) -> Thing:
    """A charge for a payment intent, kept; not announced."""
    fields: Thing = {
        "amount": paid_for["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "STAND-IN",
        "captured": False,
        "currency": paid_for["currency"],
        "customer": paid_for["customer"],
        "description": paid_for["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "metadata": dict(paid_for["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": paid_for["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "type": method["type"],
            method["type"]: _as_charged(method),
        },
        "receipt_email": paid_for["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": paid_for["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer": None,
        "transfer_data": None,
        "transfer_group": None,
    }
    return world.new("charge", fields | given, customer=paid_for["customer"])


_ONLY_ON_METHOD = {"display_brand", "generated_from", "networks", "status_details"}
_ONLY_ON_METHOD |= {"three_d_secure_usage", "financial_connections_account"}


def _as_charged(method: Thing) -> Thing:
    """The card or account as a charge shows it: what it was, not what it may do."""
    shown = {k: v for k, v in method[method["type"]].items() if k not in _ONLY_ON_METHOD}
    if method["type"] == "card":
        shown |= {
            "amount_authorized": None,
            "authorization_code": None,
            "installments": None,
            "mandate": None,
            "network": shown["brand"],
            "network_transaction_id": None,
            "three_d_secure": None,
        }
    return shown


def outcome(kind: str, decline_code: str | None = None) -> Thing:
    """What the network said: `authorized` or `issuer_declined`."""
    approved = decline_code is None
    return {
        "advice_code": None if approved else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None if approved else "05",
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": decline_code,
        "risk_level": "normal",
        "seller_message": "Payment complete." if approved else "The bank declined the payment.",
        "type": kind,
    }


def balance_transaction(world: World, source: Thing, amount: int, kind: str) -> Thing:
    """The movement of money behind a charge, refund or dispute; 2.9 % + 30 on charges."""
    fee = amount * 29 // 1000 + 30 if kind == "charge" else 0
    now = world.now_for(source.get("customer"))
    return world.store.add(
        {
            "id": world.store.new_id("balance_transaction"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": now,
            "balance_type": "payments",
            "created": now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [],
            "net": amount - fee,
            "reporting_category": kind,
            "source": source["id"],
            "status": "available",
            "type": kind,
        }
    )


def invoice(world: World, customer: Thing, *, currency: str, **given: Any) -> Thing:
    """A draft invoice without lines, kept; not announced."""
    now = world.now_for(customer["id"])
    fields: Thing = {
        "account_country": world.settings.country,
        "account_name": "Stand-in",
        "account_tax_ids": None,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "currency": currency,
        "custom_fields": None,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": customer["test_clock"],
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
        "_failures": 0,
    }
    made = world.new("invoice", fields | given, customer=customer["id"])
    made["lines"] = {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/invoices/{made['id']}/lines",
    }
    return made


def plan(price: Thing) -> Thing:
    """The older shape of a recurring price, which subscription items still carry."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": dict(price["metadata"]),
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }
