"""Our order as a Checkout Session. https://docs.stripe.com/api/checkout/sessions/create"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import stripe
from stripe.params.checkout import SessionCreateParams

from podcast_server.billing.providers.base import Order, Started
from podcast_server.billing.providers.stripe.amounts import to_stripe
from podcast_server.billing.providers.stripe.client import is_missing, once, talking

# Stripe's own limit; sessions that last as long need no date.
LONGEST = timedelta(hours=24)
# fmt: off
_LOCALES = frozenset({
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl",
    "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
})
# fmt: on


def locale_of(language: str) -> str:
    """The nearest language Stripe's pages speak; "auto" lets the browser decide."""
    language = language.replace("_", "-")
    for choice in (language, language.split("-")[0]):
        if choice in _LOCALES:
            return choice
    return "auto"


def start_checkout(client: stripe.StripeClient, order: Order) -> Started:
    """Open a payment page. Whose customer was deleted at Stripe is a new one."""
    with talking():
        try:
            session = _open_session(client, order, order.key)
        except stripe.InvalidRequestError as error:
            if not is_missing(error) or error.param != "customer":
                raise
            session = _open_session(client, replace(order, customer_ref=""), f"{order.key}-anew")
    return Started(session.id, session.url or "")


def _open_session(client: stripe.StripeClient, order: Order, key: str) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.create(session_params(order), once("checkout", key))


def session_params(order: Order) -> SessionCreateParams:
    """The order in Stripe's words."""
    params: SessionCreateParams = {
        "mode": "payment" if order.interval is None else "subscription",
        # Stripe fills the placeholder in; everything else of the address is ours.
        "success_url": order.done_url + "?session={CHECKOUT_SESSION_ID}",
        "cancel_url": order.back_url,
        "client_reference_id": order.key,
        "metadata": {"order": order.key},
        "locale": locale_of(order.locale),
        "line_items": [_line(order)],
    }
    _add_payer(params, order)
    _add_mode(params, order)
    _add_toggles(params, order)
    if order.expires_at - order.created_at < LONGEST:
        params["expires_at"] = int(order.expires_at.timestamp())
    return params


def _line(order: Order) -> stripe.params.checkout.SessionCreateParamsLineItem:
    if order.price_ref:
        return {"price": order.price_ref, "quantity": order.quantity}
    chosen: stripe.params.checkout.SessionCreateParamsLineItemPriceData = {
        "currency": order.each.currency,
        "unit_amount": to_stripe(order.each),
        "product": order.product_ref,
    }
    if order.interval is not None:
        chosen["recurring"] = {
            "interval": order.interval.unit,
            "interval_count": order.interval.count,
        }
    return {"price_data": chosen, "quantity": order.quantity}


def _add_payer(params: SessionCreateParams, order: Order) -> None:
    if order.customer_ref:
        params["customer"] = order.customer_ref
        if order.automatic_tax:
            params["customer_update"] = {"address": "auto"}
        return
    params["customer_email"] = order.email
    if order.interval is None:
        params["customer_creation"] = "always"


def _add_mode(params: SessionCreateParams, order: Order) -> None:
    if order.interval is None:
        params["payment_intent_data"] = {"metadata": {"order": order.key}}
        return
    params["subscription_data"] = {"metadata": {"order": order.key}}
    if order.trial_days:
        params["subscription_data"]["trial_period_days"] = order.trial_days


def _add_toggles(params: SessionCreateParams, order: Order) -> None:
    if order.coupon_ref:
        params["discounts"] = [{"promotion_code": order.coupon_ref}]
    elif order.promotion_codes:
        params["allow_promotion_codes"] = True
    if order.automatic_tax:
        params["automatic_tax"] = {"enabled": True}
    if order.billing_address:
        params["billing_address_collection"] = "required"
