"""Delayed payments come to an end: the invoice, subscription and Checkout Session behind them."""

from __future__ import annotations

from tests.stripe_stand_in.engine import charging, invoicing, lifecycle
from tests.stripe_stand_in.events import emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def settle(world: World, intent: Thing, *, arrived: bool) -> None:
    """The bank's answer days after the payer confirmed."""
    follow(world, intent, charging.settle(world, intent, arrived=arrived))


def follow(world: World, intent: Thing, outcome: str) -> None:
    """Carry an intent's outcome to what waits for it."""
    invoice = invoicing.invoice_of_intent(world, intent)
    if invoice is not None and invoice["status"] == "open":
        invoicing.conclude(world, invoice, outcome)
        lifecycle.react(world, invoice, outcome)
    session = _session_behind(world, intent, invoice)
    if session is None or session["payment_status"] != "unpaid":
        return
    if outcome == charging.SUCCEEDED:
        session["payment_status"] = "paid"
        emit(world, "checkout.session.async_payment_succeeded", session)
    elif outcome == charging.DECLINED:
        emit(world, "checkout.session.async_payment_failed", session)


def _session_behind(world: World, intent: Thing, invoice: Thing | None) -> Thing | None:
    for session in world.store.all("checkout.session", status="complete"):
        if session["payment_intent"] == intent["id"]:
            return session
        if invoice is not None and session["invoice"] == invoice["id"]:
            return session
    return None
