"""The customer portal, through its page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import member, period_end, price, status


def portal(client: stripe.StripeClient, subscription: stripe.Subscription, **more: Any) -> str:
    wanted = {
        "customer": str(subscription.customer),
        "return_url": "https://shop.example/me",
    } | more
    return client.v1.billing_portal.sessions.create(params=wanted).url  # type: ignore[arg-type]


def press(url: str, action: str, **fields: str) -> httpx.Response:
    return httpx.post(url, data={"action": action, **fields}, trust_env=False)


def test_a_payer_cancels_and_changes_their_mind(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    url = portal(client, subscription)
    assert "Renews on" in httpx.get(url, trust_env=False).text
    assert press(url, "cancel", subscription=subscription.id).status_code == 303
    assert "Cancels on" in httpx.get(url, trust_env=False).text
    assert client.v1.subscriptions.retrieve(subscription.id).cancel_at == period_end(subscription)
    press(url, "resume", subscription=subscription.id)
    assert client.v1.subscriptions.retrieve(subscription.id).cancel_at is None


def test_a_payer_changes_their_plan_and_pays_the_difference(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    dearer = price(client, 2000)
    press(portal(client, subscription), "change", subscription=subscription.id, price=dearer.id)
    changed = client.v1.subscriptions.retrieve(
        subscription.id, params={"expand": ["latest_invoice"]}
    )
    assert changed["items"].data[0].price.id == dearer.id
    assert changed["latest_invoice"]["amount_paid"] == 1000


def test_a_payer_fixes_their_card_and_pays_what_is_open(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.fail_next_renewal(subscription.id)
    account.control.advance(days=32)
    url = portal(client, subscription)
    press(url, "card", card="4242 4242 4242 4242")
    invoice = client.v1.invoices.list(params={"status": "open"}).data[0]
    press(url, "pay", invoice=invoice.id)
    assert status(client, subscription) == "active"


def test_a_declined_new_card_is_refused_on_the_page(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    answer = press(portal(client, subscription), "card", card="4000000000000002")
    assert answer.status_code == 402
    assert "declined" in answer.text


def test_the_subscription_of_somebody_else_is_out_of_reach(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    mine, theirs = member(account, client), member(account, client)
    answer = press(portal(client, mine), "cancel", subscription=theirs.id)
    assert answer.status_code == 402
    assert client.v1.subscriptions.retrieve(theirs.id).cancel_at is None


def test_a_guessed_portal_address_is_404(account: StripeStandIn) -> None:
    answer = httpx.get(f"{account.url}/p/session/test_guess", trust_env=False)
    assert answer.status_code == 404


def test_what_the_configuration_switches_off_cannot_be_done(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    strict = client.v1.billing_portal.configurations.create(
        params={"features": {"invoice_history": {"enabled": True}}}
    )
    url = portal(client, subscription, configuration=strict.id)
    assert press(url, "cancel", subscription=subscription.id).status_code == 402


def test_an_account_without_a_saved_configuration_has_no_portal() -> None:
    with StripeStandIn(portal=False) as account:
        client = account.client()
        assert client.v1.billing_portal.configurations.list().data == []
        customer = client.v1.customers.create(params={"email": "ada@example.com"})
        with pytest.raises(stripe.InvalidRequestError, match="portal"):
            client.v1.billing_portal.sessions.create(params={"customer": customer.id})


def test_a_deep_link_to_cancel_returns_to_the_shop_when_done(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    url = portal(
        client,
        subscription,
        flow_data={
            "type": "subscription_cancel",
            "subscription_cancel": {"subscription": subscription.id},
            "after_completion": {
                "type": "redirect",
                "redirect": {"return_url": "https://shop.example/cancelled"},
            },
        },
    )
    answer = press(url, "cancel", subscription=subscription.id)
    assert answer.headers["location"] == "https://shop.example/cancelled"
