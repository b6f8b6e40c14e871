"""The end of a period, and the beginning of the next one."""

from __future__ import annotations

import copy

from tests.stripe_stand_in.engine import charging, invoicing, lines
from tests.stripe_stand_in.engine.lifecycle import (
    UPDATED,
    cancel_now,
    draft_for,
    items_of,
    pay,
    period_of,
    react,
    set_status,
)
from tests.stripe_stand_in.engine.periods import period_after
from tests.stripe_stand_in.errors import invalid
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def period_ended(world: World, subscription: Thing) -> None:
    """A period or trial is over: end, pause, or begin the next one."""
    if subscription["cancel_at_period_end"]:
        cancel_now(world, subscription)
        return
    if subscription["status"] == "trialing" and stops_after_trial(world, subscription):
        return
    renew(world, subscription)


def stops_after_trial(world: World, subscription: Thing) -> bool:
    """Cancel or pause a trial that ends without a card, if it was made so; True when it was."""
    behaviour = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    customer = world.store.get("customer", subscription["customer"])
    default = customer["invoice_settings"]["default_payment_method"]
    if subscription["default_payment_method"] or default or behaviour == "create_invoice":
        return False
    if behaviour == "cancel":
        cancel_now(world, subscription)
    else:
        set_status(world, subscription, "paused")
        emit(world, "customer.subscription.paused", subscription)
    return True


def renew(world: World, subscription: Thing) -> Thing:
    """The next period and its invoice, which stays a draft for an hour before it is charged."""
    before = copy.deepcopy(subscription["items"])
    _, end = period_of(subscription)
    recurring = items_of(subscription)[0]["price"]["recurring"]
    following = period_after(subscription["billing_cycle_anchor"], recurring, end)
    with changing(world, subscription, UPDATED):
        subscription["items"] = copy.deepcopy(before)
        move_period(world, subscription, (end, following))
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        invoice = _renewal_invoice(world, subscription)
    _advance_renewal(world, subscription, invoice)
    return invoice


def move_period(world: World, subscription: Thing, period: lines.Period) -> None:
    """Give every item the period; the stored items follow the embedded ones."""
    for item in items_of(subscription):
        item["current_period_start"], item["current_period_end"] = period
        world.store.add(item)
    subscription["_upcoming_noticed"] = False


def _renewal_invoice(world: World, subscription: Thing) -> Thing:
    period = period_of(subscription)
    charged = [
        lines.for_item(world, subscription, item, period, trial=False)
        for item in items_of(subscription)
    ]
    charged += subscription.pop("_pending_lines", [])
    return draft_for(world, subscription, charged, "subscription_cycle")


def _advance_renewal(world: World, subscription: Thing, invoice: Thing) -> None:
    paused = subscription["pause_collection"]
    if subscription["status"] == "unpaid" or (paused and paused["behavior"] == "keep_as_draft"):
        invoice["auto_advance"] = False
        return
    if paused:
        invoicing.finalize(world, invoice)
        if invoice["status"] == "open":
            ended = "void" if paused["behavior"] == "void" else "uncollectible"
            invoicing.end_unpaid(world, invoice, ended)
        return
    now = world.now_for(subscription["customer"])
    invoice["automatically_finalizes_at"] = now + world.settings.draft_seconds
    if not world.settings.draft_seconds:
        advance_draft(world, invoice)


def advance_draft(world: World, invoice: Thing) -> None:
    """Finalize a draft and charge it."""
    invoicing.finalize(world, invoice)
    if invoice["status"] == "paid":
        react(world, invoice, charging.SUCCEEDED)
    elif invoice["collection_method"] == "send_invoice":
        emit(world, "invoice.sent", invoice)
    else:
        pay(world, invoice)


def retry(world: World, invoice: Thing) -> None:
    """A scheduled attempt at an invoice that failed before."""
    invoice["next_payment_attempt"] = None
    pay(world, invoice)


def resume(world: World, subscription: Thing) -> None:
    """A subscription paused after its trial begins to bill now."""
    if subscription["status"] != "paused":
        raise invalid("Only paused subscriptions can be resumed.")
    now = world.now_for(subscription["customer"])
    recurring = items_of(subscription)[0]["price"]["recurring"]
    with changing(world, subscription, UPDATED):
        subscription["billing_cycle_anchor"] = now
        subscription["items"] = copy.deepcopy(subscription["items"])
        move_period(world, subscription, (now, period_after(now, recurring, now)))
        subscription["status"] = "active"
        invoice = _renewal_invoice(world, subscription)
    emit(world, "customer.subscription.resumed", subscription)
    advance_draft(world, invoice)
