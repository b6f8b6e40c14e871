"""Test clocks, the account's own time, and a clock the test brings along."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import DAY, StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds, member, period_end, price, status

START = 1_900_000_000


def test_a_test_clock_moves_its_own_customers_only(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": START})
    customer = client.v1.customers.create(
        params={
            "email": "ada@example.com",
            "test_clock": clock.id,
            "payment_method": "pm_card_visa",
        }
    )
    card = client.v1.customers.payment_methods.list(customer.id).data[0]
    on_clock = client.v1.subscriptions.create(
        params={
            "customer": customer.id,
            "items": [{"price": price(client).id}],
            "default_payment_method": card.id,
        }
    )
    other = member(account, client)
    client.v1.test_helpers.test_clocks.advance(clock.id, params={"frozen_time": START + 40 * DAY})
    assert client.v1.test_helpers.test_clocks.retrieve(clock.id).status == "ready"
    assert len(client.v1.invoices.list(params={"subscription": on_clock.id}).data) == 2
    assert len(client.v1.invoices.list(params={"subscription": other.id}).data) == 1


def test_a_test_clock_never_goes_back(client: stripe.StripeClient) -> None:
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": START})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.test_helpers.test_clocks.advance(clock.id, params={"frozen_time": START - 1})


def test_events_happen_at_the_moment_they_were_due(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.advance(days=60)
    created = [
        e
        for e in account.control.events("invoice.created")
        if e["created"] > period_end(subscription) - 5
    ]
    assert created[0]["created"] == period_end(subscription)


def test_many_months_at_once_are_renewed_one_by_one(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.advance(days=366)
    invoices = client.v1.invoices.list(params={"subscription": subscription.id, "limit": 100}).data
    assert len(invoices) == 13
    assert {i.status for i in invoices} == {"paid"}


def test_the_account_follows_a_clock_the_test_brings() -> None:
    now = [float(START)]
    with StripeStandIn(now=lambda: now[0]) as account:
        client = account.client()
        subscription = member(account, client)
        assert subscription.created == START
        now[0] += 40 * DAY
        account.control.catch_up()
        assert len(client.v1.invoices.list(params={"subscription": subscription.id}).data) == 2


def test_a_renewal_is_announced_a_week_before(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    account.control.advance(seconds=period_end(subscription) - account.world.now() - 6 * DAY)
    assert kinds(account)[-1] == "invoice.upcoming"
    assert status(client, subscription) == "active"


def test_deleting_a_test_clock_deletes_its_customers(client: stripe.StripeClient) -> None:
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": START})
    customer = client.v1.customers.create(params={"test_clock": clock.id})
    client.v1.test_helpers.test_clocks.delete(clock.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.retrieve(customer.id)


def test_time_passes_for_one_customer_alone(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    one, other = member(account, client), member(account, client)
    ends = period_end(one), period_end(other)
    account.control.pass_time(str(one.customer), days=32)
    after = [period_end(client.v1.subscriptions.retrieve(each.id)) for each in (one, other)]
    assert after[0] > ends[0]
    assert after[1] == ends[1]
