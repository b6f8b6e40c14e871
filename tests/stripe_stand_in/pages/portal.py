"""The customer portal: what a payer changes about their own subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tests.stripe_stand_in import cards, money
from tests.stripe_stand_in.engine import charging, lifecycle, lines, methods, settling
from tests.stripe_stand_in.engine.changing_plans import Change, change_items
from tests.stripe_stand_in.engine.invoicing import intent_of
from tests.stripe_stand_in.errors import StripeError, declined, invalid
from tests.stripe_stand_in.events import changing
from tests.stripe_stand_in.resources.setup_intents import new_setup, succeed
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World

Page = str | Response | tuple[str, int]


def blueprint(world: World) -> Blueprint:
    """GET and POST of /p/session/test_<secret>."""
    pages = Blueprint("portal", __name__)

    @pages.route("/p/session/test_<secret>", methods=["GET", "POST"])
    def portal(secret: str) -> Page:
        with world.lock:
            found = world.store.all("billing_portal.session", _secret=secret)
            if not found:
                return render_template("gone.html", words="This link is not valid."), 404
            session = found[0]
            if request.method == "GET":
                return _show(world, session)
            try:
                act(world, session, request.form)
            except StripeError as error:
                return _show(world, session, error=error.message), 402
            return redirect(_after(session, request.form), code=303)

    return pages


def _after(session: Thing, form: MultiDict[str, str]) -> str:
    """A deep link returns to the site when its task is done, if it was asked to."""
    flow = session["flow"]
    if flow is not None and flow["after_completion"]["type"] == "redirect":
        target: str = flow["after_completion"]["redirect"]["return_url"]
        return target
    return request.url


def act(world: World, session: Thing, form: MultiDict[str, str]) -> None:
    """One button. Raises StripeError for what this portal does not allow."""
    features = world.store.get("billing_portal.configuration", session["configuration"])["features"]
    match form.get("action"):
        case "cancel" if features["subscription_cancel"]["enabled"]:
            cancel(world, _own(world, session, form), features["subscription_cancel"]["mode"])
        case "resume" if features["subscription_cancel"]["enabled"]:
            _resume(world, _own(world, session, form))
        case "change" if features["subscription_update"]["enabled"]:
            _change(world, _own(world, session, form), form, features["subscription_update"])
        case "card" if features["payment_method_update"]["enabled"]:
            card = cards.by_number(form.get("card", ""))
            if card is None:
                raise invalid("Your card number is invalid.", "card")
            customer = world.store.get("customer", session["customer"])
            update_card(world, customer, card)
        case "pay" if features["invoice_history"]["enabled"]:
            _pay(world, session, form.get("invoice", ""))
        case _:
            raise invalid("This portal does not allow that.")


def _own(world: World, session: Thing, form: MultiDict[str, str]) -> Thing:
    subscription = world.store.get("subscription", form.get("subscription", ""))
    if subscription["customer"] != session["customer"] or not lifecycle.is_alive(subscription):
        raise invalid("No such subscription.")
    return subscription


def cancel(world: World, subscription: Thing, mode: str) -> None:
    """As a payer does it: flexible subscriptions get `cancel_at`, not cancel_at_period_end."""
    if mode == "immediately":
        lifecycle.cancel_now(world, subscription)
        return
    _, end = lifecycle.period_of(subscription)
    classic = subscription["billing_mode"]["type"] == "classic"
    with changing(world, subscription, "customer.subscription.updated"):
        lifecycle.schedule_end(world, subscription, at=end, period_end=classic)


def _resume(world: World, subscription: Thing) -> None:
    with changing(world, subscription, "customer.subscription.updated"):
        lifecycle.schedule_end(world, subscription, at=None)


def _change(world: World, subscription: Thing, form: MultiDict[str, str], feature: Thing) -> None:
    item = lifecycle.items_of(subscription)[0]
    entry: dict[str, Any] = {"id": item["id"]}
    if "price" in form:
        if form["price"] not in {p["id"] for p in _choices(world, subscription, feature)}:
            raise invalid("This plan is not available.", "price")
        entry["price"] = form["price"]
    if "quantity" in form and "quantity" in feature["default_allowed_updates"]:
        entry["quantity"] = int(form["quantity"]) if form["quantity"].isdecimal() else 0
    how = Change(proration=feature["proration_behavior"], present=True)
    change_items(world, subscription, [entry], how)


def update_card(world: World, customer: Thing, card: cards.Means) -> Thing:
    """Keep a new card and charge everything to it from now on. Raises a card_error (402)."""
    if card.decline and not card.only_later:
        raise declined(card.decline, card.error_code)
    billing = {"email": customer["email"], "name": customer["name"]}
    method = methods.new_method(world, card, billing)
    intent = new_setup(world, customer["id"], {})
    succeed(world, intent, method)
    charging.set_default(world, customer, method)
    for subscription in world.store.all("subscription", customer=customer["id"]):
        if lifecycle.is_alive(subscription) and subscription["default_payment_method"]:
            with changing(world, subscription, "customer.subscription.updated"):
                subscription["default_payment_method"] = method["id"]
    return method


def _pay(world: World, session: Thing, invoice_id: str) -> None:
    invoice = world.store.get("invoice", invoice_id)
    if invoice["customer"] != session["customer"] or invoice["status"] != "open":
        raise invalid("This invoice cannot be paid.")
    outcome = lifecycle.pay(world, invoice, present=True)
    if outcome == charging.ASKS:  # who presses this button answers their bank as well
        intent = intent_of(world, invoice)
        if intent is not None:
            outcome = charging.authenticated(world, intent, confirmed=True)
            settling.follow(world, intent, outcome)
    if outcome == charging.DECLINED:
        raise declined("generic_decline")


def _choices(world: World, subscription: Thing, feature: Thing) -> list[Thing]:
    """Prices the payer may move to: the configured ones, else every active recurring price."""
    offered = {p for product in feature.get("products") or [] for p in product["prices"]}
    current = lifecycle.items_of(subscription)[0]["price"]["id"]
    return [
        price
        for price in world.store.all("price", type="recurring")
        if price["id"] == current
        or (
            price["active"]
            and price["currency"] == subscription["currency"]
            and (not offered or price["id"] in offered)
        )
    ]


def _show(world: World, session: Thing, error: str | None = None) -> str:
    features = world.store.get("billing_portal.configuration", session["configuration"])["features"]
    customer = session["customer"]
    own = [s for s in world.store.all("subscription", customer=customer) if lifecycle.is_alive(s)]
    if session["flow"] is not None:
        task = session["flow"].get(session["flow"]["type"]) or {}
        own = [s for s in own if s["id"] == task.get("subscription", s["id"])]
    return render_template(
        "portal.html",
        session=session,
        features=features,
        error=error,
        subscriptions=[_subscription_row(world, s, features) for s in own],
        invoices=[_invoice_row(i) for i in world.store.all("invoice", customer=customer)[::-1]],
        method=_method_words(world, customer),
    )


def _subscription_row(world: World, subscription: Thing, features: Thing) -> Thing:
    item = lifecycle.items_of(subscription)[0]
    feature = features["subscription_update"]
    _, end = lifecycle.period_of(subscription)
    ending = subscription["cancel_at"] is not None
    day = datetime.fromtimestamp(subscription["cancel_at"] or end, UTC).date().isoformat()
    verb = "Cancels" if ending else "Renews"
    return {
        "id": subscription["id"],
        "name": lines.product_name(world, item["price"]),
        "words": f"{subscription['status']}. {verb} on {day}.",
        "ending": ending,
        "quantity": item["quantity"],
        "adjustable": "quantity" in feature["default_allowed_updates"],
        "choices": [
            {
                "id": price["id"],
                "current": price["id"] == item["price"]["id"],
                "words": f"{lines.product_name(world, price)}: "
                f"{money.format_amount(price['unit_amount'], price['currency'])} / "
                f"{price['recurring']['interval']}",
            }
            for price in _choices(world, subscription, feature)
        ],
    }


def _invoice_row(invoice: Thing) -> Thing:
    return {
        "id": invoice["id"],
        "number": invoice["number"],
        "words": invoice["status"],
        "amount": money.format_amount(invoice["total"], invoice["currency"]),
        "payable": invoice["status"] == "open",
    }


def _method_words(world: World, customer: str) -> str:
    found = world.store.all("payment_method", customer=customer)
    if not found:
        return "None yet."
    newest = found[-1]
    return f"{newest['type']} ending in {newest[newest['type']]['last4']}"
