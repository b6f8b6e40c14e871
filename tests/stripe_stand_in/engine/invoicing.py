"""Invoices from draft to paid, void or uncollectible. What it means for a subscription is
decided in `lifecycle`."""

from __future__ import annotations

from typing import Any

from tests.stripe_stand_in import money
from tests.stripe_stand_in.engine import charging, discounts, shapes
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World


def subscription_of(invoice: Thing) -> str | None:
    """The subscription's id, which moved below `parent` in 2025."""
    parent = invoice["parent"]
    if parent is None or parent["type"] != "subscription_details":
        return None
    found: str = parent["subscription_details"]["subscription"]
    return found


def draft(
    world: World, customer: Thing, lines: list[Thing], *, currency: str, **given: Any
) -> Thing:
    """A draft with its lines and totals; emits invoice.created.

    given: fields of the invoice (billing_reason, parent, discounts, automatic_tax…).
    """
    invoice = shapes.invoice(world, customer, currency=currency, **given)
    customer["currency"] = customer["currency"] or currency
    add_lines(world, invoice, lines)
    emit(world, "invoice.created", invoice)
    return invoice


def add_lines(world: World, invoice: Thing, lines: list[Thing]) -> None:
    """Append lines to a draft and count again."""
    for line in lines:
        line["invoice"] = invoice["id"]
    invoice["lines"]["data"] += lines
    _count(world, invoice)


def _count(world: World, invoice: Thing) -> None:
    """Totals: subtotal, less discounts (never on prorations), plus tax."""
    lines = invoice["lines"]["data"]
    subtotal = sum(line["amount"] for line in lines)
    base = sum(line["amount"] for line in lines if line["discountable"])
    taken = discounts.amounts(world, invoice["discounts"], base, world.now_for(invoice["customer"]))
    net = subtotal - sum(entry["amount"] for entry in taken)
    tax = _tax(world, invoice, net)
    total = net + tax
    invoice |= {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total_discount_amounts": taken,
        "total_excluding_tax": net,
        "total_taxes": [_tax_line(tax, net)] if tax else [],
        "total": total,
        "amount_due": max(total, 0),
        "amount_remaining": max(total, 0),
    }


def _tax(world: World, invoice: Thing, net: int) -> int:
    if not invoice["automatic_tax"]["enabled"]:
        return 0
    return money.percent(net, world.settings.tax_percent)


def _tax_line(amount: int, taxable: int) -> Thing:
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": None,
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def finalize(world: World, invoice: Thing) -> None:
    """Draft → open (or paid, when nothing is due): number, balance, intent, events."""
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize it.")
    now = world.now_for(invoice["customer"])
    customer = world.store.get("customer", invoice["customer"])
    _use_balance(world, invoice, customer)
    invoice |= {
        "automatically_finalizes_at": None,
        "effective_at": now,
        "hosted_invoice_url": f"{world.base_url}/i/{invoice['id']}",
        "invoice_pdf": f"{world.base_url}/i/{invoice['id']}/pdf",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = now
    customer["next_invoice_sequence"] += 1
    if invoice["collection_method"] == "send_invoice":
        invoice["due_date"] = now + invoice.pop("_days_until_due", 30) * DAY
    if invoice["amount_due"]:
        _add_payment(world, invoice)
    emit(world, "invoice.finalized", invoice)
    if not invoice["amount_due"]:
        mark_paid(world, invoice)


def _use_balance(world: World, invoice: Thing, customer: Thing) -> None:
    """A credit on the customer's balance pays first; amounts too small to charge wait there."""
    start, total = customer["balance"], invoice["total"]
    due = max(total + start, 0)
    if 0 < due < money.smallest_charge(invoice["currency"]):
        due = 0
    invoice["starting_balance"] = start
    invoice["ending_balance"] = start + total - due
    invoice["amount_due"] = invoice["amount_remaining"] = due
    with changing(world, customer, "customer.updated"):
        customer["balance"] = invoice["ending_balance"]


def _add_payment(world: World, invoice: Thing) -> None:
    """The intent that collects the invoice, and the record that ties the two together."""
    intent = shapes.intent(
        world,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=invoice["description"] or _words_for(invoice),
        receipt_email=invoice["customer_email"],
        setup_future_usage="off_session" if subscription_of(invoice) else None,
    )
    emit(world, "payment_intent.created", intent)
    world.new(
        "invoice_payment",
        {
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
        customer=invoice["customer"],
    )


def settle_with(world: World, invoice: Thing, intent: Thing) -> None:
    """Finalize a draft that an intent has paid already (a one-time Checkout payment)."""
    finalize(world, invoice)
    payment, unused = payment_of(world, invoice), intent_of(world, invoice)
    if payment is not None and unused is not None:
        payment["payment"]["payment_intent"] = intent["id"]
        world.store.forget(unused)
        mark_paid(world, invoice)


def _words_for(invoice: Thing) -> str:
    made = invoice["billing_reason"] == "subscription_create"
    return "Subscription creation" if made else "Subscription update"


def payment_of(world: World, invoice: Thing) -> Thing | None:
    """The invoice's payment record; None when nothing was ever due."""
    found = world.store.all("invoice_payment", invoice=invoice["id"])
    return found[-1] if found else None


def intent_of(world: World, invoice: Thing) -> Thing | None:
    payment = payment_of(world, invoice)
    return payment and world.store.find("payment_intent", payment["payment"]["payment_intent"])


def invoice_of_intent(world: World, intent: Thing) -> Thing | None:
    """The way back, which charges no longer know themselves."""
    for payment in world.store.all("invoice_payment"):
        if payment["payment"].get("payment_intent") == intent["id"]:
            return world.store.get("invoice", payment["invoice"])
    return None


def method_for(world: World, invoice: Thing) -> Thing | None:
    """What an invoice is charged to: its own, the subscription's, the customer's default."""
    subscription = world.store.find("subscription", subscription_of(invoice))
    customer = world.store.get("customer", invoice["customer"])
    wanted = (
        invoice["default_payment_method"],
        subscription["default_payment_method"] if subscription else None,
        customer.get("invoice_settings", {}).get("default_payment_method"),
    )
    for candidate in wanted:
        method = world.store.find("payment_method", candidate)
        if method is not None and method["customer"] == customer["id"]:
            return method
    return None


def collect(world: World, invoice: Thing, method: Thing | None, *, present: bool) -> str:
    """One attempt at an open invoice: an outcome of `charging`, with the invoice's events."""
    intent = intent_of(world, invoice)
    if intent is None:
        raise AssertionError(f"open invoice {invoice['id']} has no payment intent")
    invoice["attempted"] = True
    invoice["attempt_count"] += 1
    if method is None:
        outcome = charging.DECLINED
    else:
        outcome = charging.charge(world, intent, method, present=present, invoiced=True)
    conclude(world, invoice, outcome)
    return outcome


def conclude(world: World, invoice: Thing, outcome: str) -> None:
    """The intent's outcome carried over to its invoice."""
    if outcome == charging.SUCCEEDED:
        mark_paid(world, invoice)
    elif outcome == charging.DECLINED:
        emit(world, "invoice.payment_failed", invoice)
    elif outcome == charging.ASKS:
        emit(world, "invoice.payment_action_required", invoice)
        emit(world, "invoice.payment_failed", invoice)


def mark_paid(world: World, invoice: Thing, *, outside: bool = False) -> None:
    """Open → paid. `outside`: the money came without Stripe (cash, bank transfer)."""
    now = world.now_for(invoice["customer"])
    payment = payment_of(world, invoice)
    with changing(world, invoice, "invoice.updated"):
        invoice |= {
            "amount_paid": 0 if outside else invoice["amount_due"],
            "amount_remaining": 0,
            "attempted": True,
            "auto_advance": False,
            "next_payment_attempt": None,
            "status": "paid",
        }
        invoice["status_transitions"]["paid_at"] = now
    if payment is not None:
        payment |= {"amount_paid": payment["amount_requested"], "status": "paid"}
        payment["status_transitions"]["paid_at"] = now
    emit(world, "invoice.paid", invoice)
    emit(world, "invoice.payment_succeeded", invoice)
    if payment is not None:
        emit(world, "invoice_payment.paid", payment)


def end_unpaid(world: World, invoice: Thing, status: str) -> None:
    """Open → `void` or `uncollectible`."""
    word = {"void": "voided", "uncollectible": "marked_uncollectible"}[status]
    with changing(world, invoice, "invoice.updated"):
        invoice |= {"auto_advance": False, "next_payment_attempt": None, "status": status}
        if status == "void":
            invoice["amount_remaining"] = 0
        invoice["status_transitions"][f"{word}_at"] = world.now_for(invoice["customer"])
    intent = intent_of(world, invoice)
    if intent is not None:
        charging.cancel(world, intent, "void_invoice" if status == "void" else None)
    emit(world, f"invoice.{word}", invoice)
