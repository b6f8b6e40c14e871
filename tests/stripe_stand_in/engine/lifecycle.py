"""A subscription's status: what paying, failing, renewing and ending do to it.

incomplete → active ⇄ past_due → unpaid | canceled; trialing → active; incomplete →
incomplete_expired after 23 hours. https://docs.stripe.com/billing/subscriptions/overview
"""

from __future__ import annotations

from tests.stripe_stand_in.engine import charging, invoicing, lines
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, World

ENDED = ("canceled", "incomplete_expired")
UPDATED = "customer.subscription.updated"


def is_alive(subscription: Thing) -> bool:
    return subscription["status"] not in ENDED


def items_of(subscription: Thing) -> list[Thing]:
    found: list[Thing] = subscription["items"]["data"]
    return found


def period_of(subscription: Thing) -> lines.Period:
    """Start and end of the current period, which newer API versions keep on the items."""
    item = items_of(subscription)[0]
    return item["current_period_start"], item["current_period_end"]


def set_status(world: World, subscription: Thing, status: str) -> None:
    with changing(world, subscription, UPDATED):
        subscription["status"] = status


def draft_for(world: World, subscription: Thing, charged: list[Thing], reason: str) -> Thing:
    """The subscription's next invoice as a draft; it becomes `latest_invoice`."""
    customer = world.store.get("customer", subscription["customer"])
    start, _ = period_of(subscription)
    taxed = subscription["automatic_tax"]["enabled"]
    invoice = invoicing.draft(
        world,
        customer,
        charged,
        currency=subscription["currency"],
        automatic_tax={
            "disabled_reason": None,
            "enabled": taxed,
            "liability": {"type": "self"} if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "complete" if taxed else None,
        },
        billing_reason=reason,
        collection_method=subscription["collection_method"],
        discounts=list(subscription["discounts"]),
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        period_start=start if reason != "subscription_create" else subscription["created"],
        period_end=world.now_for(customer["id"]),
        _days_until_due=subscription["days_until_due"] or 30,
    )
    subscription["latest_invoice"] = invoice["id"]
    _drop_one_time_discounts(world, subscription, invoice)
    return invoice


def _drop_one_time_discounts(world: World, subscription: Thing, invoice: Thing) -> None:
    """`duration=once` is spent on the first invoice it reduced."""
    spent = {entry["discount"] for entry in invoice["total_discount_amounts"] if entry["amount"]}
    subscription["discounts"] = [
        wanted
        for wanted in subscription["discounts"]
        if wanted not in spent
        or world.store.get("discount", wanted)["_coupon"]["duration"] != "once"
    ]


def pay(world: World, invoice: Thing, *, present: bool = False, method: Thing | None = None) -> str:
    """Try to collect an open invoice and let its subscription feel the outcome."""
    method = method or invoicing.method_for(world, invoice)
    outcome = invoicing.collect(world, invoice, method, present=present)
    react(world, invoice, outcome)
    return outcome


def react(world: World, invoice: Thing, outcome: str) -> None:
    """What a settled, bounced or pending payment means for the subscription behind it."""
    subscription = world.store.find("subscription", invoicing.subscription_of(invoice))
    if subscription is None or not is_alive(subscription):
        return
    first = subscription["status"] == "incomplete"
    if outcome == charging.SUCCEEDED:
        _recover(world, subscription, invoice)
    elif outcome == charging.PROCESSING and first:
        set_status(world, subscription, "active")
    elif outcome in (charging.DECLINED, charging.ASKS) and not first:
        _dun(world, subscription, invoice)


def _recover(world: World, subscription: Thing, invoice: Thing) -> None:
    """Paying the newest invoice makes everything good; an older one only if nothing is open."""
    if subscription["status"] not in ("incomplete", "past_due", "unpaid"):
        return
    open_ones = [i for i in invoices_of(world, subscription) if i["status"] == "open"]
    if subscription["latest_invoice"] == invoice["id"] or not open_ones:
        set_status(world, subscription, "active")


def invoices_of(world: World, subscription: Thing) -> list[Thing]:
    """Oldest first."""
    return [
        invoice
        for invoice in world.store.all("invoice", customer=subscription["customer"])
        if invoicing.subscription_of(invoice) == subscription["id"]
    ]


def _dun(world: World, subscription: Thing, invoice: Thing) -> None:
    """After a failed renewal: try again on the account's schedule, then end as it says."""
    waits = world.settings.retry_days
    failures = invoice["_failures"]
    invoice["_failures"] = failures + 1
    if failures < len(waits):
        now = world.now_for(subscription["customer"])
        with changing(world, invoice, "invoice.updated"):
            invoice["next_payment_attempt"] = now + waits[failures] * DAY
        set_status(world, subscription, "past_due")
        return
    with changing(world, invoice, "invoice.updated"):
        invoice["next_payment_attempt"] = None
    match world.settings.after_retries:
        case "cancel":
            cancel_now(world, subscription, reason="payment_failed")
        case "unpaid":
            set_status(world, subscription, "unpaid")
        case _:
            set_status(world, subscription, "past_due")


def cancel_now(
    world: World, subscription: Thing, *, reason: str = "cancellation_requested"
) -> None:
    """End at once; nothing more is collected."""
    if not is_alive(subscription):
        return
    now = world.now_for(subscription["customer"])
    subscription |= {
        "canceled_at": subscription["canceled_at"] or now,
        "ended_at": now,
        "status": "canceled",
    }
    subscription["cancellation_details"]["reason"] = reason
    for invoice in invoices_of(world, subscription):
        if invoice["status"] in ("draft", "open"):
            invoice |= {"auto_advance": False, "next_payment_attempt": None}
            invoice["automatically_finalizes_at"] = None
    emit(world, "customer.subscription.deleted", subscription)


def schedule_end(
    world: World, subscription: Thing, *, at: int | None, period_end: bool = False
) -> None:
    """Cancel later (`at`, unix seconds), or no more (None). The caller announces the change."""
    subscription |= {
        "cancel_at": at,
        "cancel_at_period_end": period_end,
        "canceled_at": None if at is None else world.now_for(subscription["customer"]),
    }
    subscription["cancellation_details"]["reason"] = (
        None if at is None else "cancellation_requested"
    )


def expire_incomplete(world: World, subscription: Thing) -> None:
    """23 hours without a first payment: the subscription never was."""
    for invoice in invoices_of(world, subscription):
        if invoice["status"] == "open":
            invoicing.end_unpaid(world, invoice, "void")
    with changing(world, subscription, UPDATED):
        subscription["status"] = "incomplete_expired"
        subscription["ended_at"] = world.now_for(subscription["customer"])


def notice_trial_end(world: World, subscription: Thing) -> None:
    """customer.subscription.trial_will_end: three days before, or at once for shorter trials."""
    now = world.now_for(subscription["customer"])
    if not subscription.get("_trial_noticed") and subscription["trial_end"] - 3 * DAY <= now:
        subscription["_trial_noticed"] = True
        emit(world, "customer.subscription.trial_will_end", subscription)
