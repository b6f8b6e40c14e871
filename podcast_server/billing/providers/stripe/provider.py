"""The Stripe provider: each of the protocol's words, said to Stripe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import stripe
from stripe.params import RefundCreateParams, SubscriptionUpdateParams
from stripe.params.billing_portal import SessionCreateParams as PortalParams

from podcast_server.billing.events import Facts, Ref
from podcast_server.billing.money import Money
from podcast_server.billing.providers.base import (
    Discount,
    Finding,
    Order,
    PortalTask,
    PriceTag,
    Product,
    Started,
)
from podcast_server.billing.providers.stripe import account, catalogue, checkouts
from podcast_server.billing.providers.stripe.amounts import to_stripe
from podcast_server.billing.providers.stripe.client import (
    is_missing,
    mode_of,
    once,
    open_client,
    talking,
)
from podcast_server.billing.providers.stripe.looking import Looking
from podcast_server.billing.providers.stripe.notices import Notice, read_notice

# Stripe keeps a session open for at least half an hour; a little more for our own slowness.
_HOLDS_PLACE = timedelta(minutes=35)


class StripeProvider:
    """One Stripe account in one mode. Safe to share between threads."""

    def __init__(
        self,
        secret_key: str,
        webhook_secrets: list[str],
        clock: Callable[[], datetime],
        api_base: str = "",
    ) -> None:
        self._client = open_client(secret_key, api_base)
        self._realm = f"stripe:{mode_of(secret_key)}"
        self._webhook_secrets = webhook_secrets
        self._looking = Looking(self._client, self._realm, clock)

    @property
    def realm(self) -> str:
        """ "stripe:test" or "stripe:live", told by the key."""
        return self._realm

    def patience(self, *, holds_place: bool) -> timedelta:
        """A day, Stripe's limit."""
        return _HOLDS_PLACE if holds_place else checkouts.LONGEST

    def publish_product(self, product: Product) -> str:
        """A Product."""
        return catalogue.publish_product(self._client, product)

    def publish_price(self, tag: PriceTag) -> str:
        """A Price."""
        return catalogue.publish_price(self._client, tag)

    def retire_price(self, ref: str) -> None:
        """Makes the Price inactive."""
        catalogue.retire_price(self._client, ref)

    def publish_coupon(self, discount: Discount) -> str:
        """A Coupon with a PromotionCode."""
        return catalogue.publish_coupon(self._client, discount)

    def retire_coupon(self, ref: str) -> None:
        """Makes the PromotionCode inactive."""
        catalogue.retire_coupon(self._client, ref)

    def start_checkout(self, order: Order) -> Started:
        """A Checkout Session."""
        return checkouts.start_checkout(self._client, order)

    def look_up(self, ref: Ref) -> Facts:
        """Asks for the object itself."""
        return self._looking.look_up(ref)

    def walk(self, since: datetime) -> Iterator[Facts]:
        """Pages through the account."""
        return self._looking.walk(since)

    def read_notice(self, body: bytes, signature: str) -> Notice:
        """A webhook, verified. Raises ForgedNotice, WrongMode."""
        return read_notice(body, signature, self._webhook_secrets, self._realm)

    def portal_url(
        self, customer_ref: str, subscription_ref: str, task: PortalTask, back_url: str, locale: str
    ) -> str | None:
        """A customer portal session, opened at the task."""
        params: PortalParams = {
            "customer": customer_ref,
            "return_url": back_url,
            "locale": checkouts.locale_of(locale),
        }
        if task == "card":
            params["flow_data"] = {"type": "payment_method_update"}
        elif task == "cancel":
            params["flow_data"] = {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": subscription_ref},
            }
        elif task == "change":
            params["flow_data"] = {
                "type": "subscription_update",
                "subscription_update": {"subscription": subscription_ref},
            }
        with talking():
            return self._client.v1.billing_portal.sessions.create(params).url

    def set_discount(self, ref: str, coupon_ref: str, *, key: str) -> None:
        """The coupon behind the code, so that limits for those who type it do not matter."""
        with talking():
            params: SubscriptionUpdateParams = {"discounts": ""}
            if coupon_ref:
                params = {"discounts": [{"coupon": catalogue.coupon_of(self._client, coupon_ref)}]}
            self._client.v1.subscriptions.update(ref, params, once("discount", key, params))

    def change_subscription(
        self, ref: str, *, key: str, price_ref: str = "", quantity: int = 0, charge_now: bool
    ) -> None:
        """Swaps the item; a failing payment leaves everything as it was."""
        with talking():
            found = self._client.v1.subscriptions.retrieve(ref)
            item: stripe.SubscriptionItem = found.items.data[0]
            params: SubscriptionUpdateParams = {
                "items": [
                    {
                        "id": item.id,
                        "price": price_ref or item.price.id,
                        "quantity": quantity or item.quantity or 1,
                    }
                ],
                "proration_behavior": "always_invoice" if charge_now else "none",
                "payment_behavior": "error_if_incomplete" if charge_now else "allow_incomplete",
            }
            self._client.v1.subscriptions.update(ref, params, once("change", key, params))

    def cancel_subscription(self, ref: str, *, at_once: bool) -> None:
        """By cancel_at_period_end, or now. One that has ended already is fine."""
        with talking():
            try:
                if at_once:
                    self._client.v1.subscriptions.cancel(ref)
                    return
                found = self._client.v1.subscriptions.retrieve(ref)
                if found.status not in {"canceled", "incomplete_expired"}:
                    self._client.v1.subscriptions.update(ref, {"cancel_at_period_end": True})
            except stripe.InvalidRequestError as error:
                if not is_missing(error):
                    raise

    def resume_subscription(self, ref: str) -> None:
        """Takes back either of Stripe's two ways to plan an end."""
        with talking():
            found = self._client.v1.subscriptions.retrieve(ref)
            if found.cancel_at_period_end:
                self._client.v1.subscriptions.update(ref, {"cancel_at_period_end": False})
            elif found.cancel_at is not None:
                self._client.v1.subscriptions.update(ref, {"cancel_at": ""})

    def refund(self, payment_ref: str, amount: Money | None, *, key: str) -> None:
        """A Refund of the payment intent."""
        params: RefundCreateParams = {"payment_intent": payment_ref}
        if amount is not None:
            params["amount"] = to_stripe(amount)
        with talking():
            self._client.v1.refunds.create(params, once("refund", key))

    def check(self, public_url: str) -> list[Finding]:
        """Account, webhook endpoint, portal."""
        return account.check_account(self._client, self._realm, public_url)

    def connect(self, public_url: str) -> str:
        """Register our webhook; returns its signing secret, or "" if it was registered before."""
        return account.connect_webhook(self._client, public_url)
