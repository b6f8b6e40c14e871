"""A small shop: the shortest way to what most tests begin with."""

from __future__ import annotations

from typing import Any

import stripe

from tests.stripe_stand_in import StripeStandIn

RETURN = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"


def price(client: stripe.StripeClient, amount: int = 500, **more: Any) -> stripe.Price:
    """A monthly price in dollars unless told otherwise (`recurring=None` for a single sale)."""
    product = client.v1.products.create(params={"name": "Early access"})
    wanted: dict[str, Any] = {
        "product": product.id,
        "currency": "usd",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
    } | more
    return client.v1.prices.create(params={k: v for k, v in wanted.items() if v is not None})  # type: ignore[arg-type]


def session(
    client: stripe.StripeClient, sold: stripe.Price, **more: Any
) -> stripe.checkout.Session:
    wanted: dict[str, Any] = {
        "mode": "subscription" if sold.recurring else "payment",
        "line_items": [{"price": sold.id, "quantity": 1}],
        "success_url": RETURN,
        "cancel_url": "https://shop.example/plans",
    } | more
    return client.v1.checkout.sessions.create(params=wanted)  # type: ignore[arg-type]


def member(
    account: StripeStandIn, client: stripe.StripeClient, amount: int = 500, **more: Any
) -> stripe.Subscription:
    """Somebody who paid at the page; `more` goes to the session."""
    made = session(client, price(client, amount), **more)
    paid = account.control.pay_session(made.id)
    return client.v1.subscriptions.retrieve(paid["subscription"])


def status(client: stripe.StripeClient, subscription: stripe.Subscription) -> str:
    return client.v1.subscriptions.retrieve(subscription.id).status


def period_end(subscription: stripe.Subscription) -> int:
    end: int = subscription["items"].data[0].current_period_end
    return end


def kinds(account: StripeStandIn) -> list[str]:
    """The types of everything that happened, oldest first."""
    return [event["type"] for event in account.control.events()]


def to_renewal(
    account: StripeStandIn, client: stripe.StripeClient, subscription: stripe.Subscription
) -> None:
    """To the moment after the renewal's invoice was charged."""
    now = client.v1.subscriptions.retrieve(subscription.id)
    account.control.advance(seconds=period_end(now) - account.world.now() + 3601)
