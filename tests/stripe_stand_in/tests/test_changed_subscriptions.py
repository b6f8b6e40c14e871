"""Plans and seats changed in the middle of a period, and what that costs."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import DAY, StripeStandIn
from tests.stripe_stand_in.tests.shop import member, period_end, price, to_renewal


def change(
    client: stripe.StripeClient, subscription: stripe.Subscription, to: stripe.Price, how: str
) -> stripe.Subscription:
    item = subscription["items"].data[0]
    return client.v1.subscriptions.update(
        subscription.id,
        params={
            "items": [{"id": item.id, "price": to.id}],
            "proration_behavior": how,
            "expand": ["latest_invoice"],
        },
    )


def test_an_upgrade_invoiced_at_once_charges_the_rest_of_the_period(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    half = (period_end(subscription) - subscription.created) // 2
    account.control.advance(seconds=half)
    changed = change(client, subscription, price(client, 2000), "always_invoice")
    lines = [line["amount"] for line in changed["latest_invoice"]["lines"]["data"]]
    assert lines == [-500, 1000]
    assert changed["latest_invoice"]["amount_paid"] == 500
    assert changed["items"].data[0].price.unit_amount == 2000


def test_prorations_wait_for_the_next_invoice_by_default(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    change(client, subscription, price(client, 2000), "create_prorations")
    to_renewal(account, client, subscription)
    newest = client.v1.invoices.list(params={"subscription": subscription.id}).data[0]
    assert newest.amount_paid == 3000


def test_a_change_without_proration_costs_from_the_next_period_on(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    change(client, subscription, price(client, 2000), "none")
    to_renewal(account, client, subscription)
    newest = client.v1.invoices.list(params={"subscription": subscription.id}).data[0]
    assert newest.amount_paid == 2000


def test_a_downgrade_invoiced_at_once_becomes_a_credit(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 2000)
    change(client, subscription, price(client, 500), "always_invoice")
    assert client.v1.customers.retrieve(str(subscription.customer)).balance == -1500
    to_renewal(account, client, subscription)
    assert client.v1.customers.retrieve(str(subscription.customer)).balance == -1000


def test_changing_to_a_yearly_price_begins_a_new_period_and_charges_it(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    yearly = price(client, 10_000, recurring={"interval": "year"})
    changed = change(client, subscription, yearly, "create_prorations")
    assert period_end(changed) > account.world.now() + 364 * DAY
    assert changed["latest_invoice"]["amount_paid"] == 9000


def test_an_upgrade_whose_card_fails_is_refused_whole_when_asked(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    account.control.fail_card(str(subscription.customer))
    dearer = price(client, 2000)
    with pytest.raises(stripe.CardError):
        client.v1.subscriptions.update(
            subscription.id,
            params={
                "items": [{"id": subscription["items"].data[0].id, "price": dearer.id}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
            },
        )
    same = client.v1.subscriptions.retrieve(subscription.id)
    assert same["items"].data[0].price.unit_amount == 1000


def test_seats_are_added_by_quantity(account: StripeStandIn, client: stripe.StripeClient) -> None:
    subscription = member(account, client)
    item = subscription["items"].data[0]
    client.v1.subscription_items.update(item.id, params={"quantity": 5})
    again = client.v1.subscriptions.retrieve(subscription.id)
    assert again["items"].data[0].quantity == 5
