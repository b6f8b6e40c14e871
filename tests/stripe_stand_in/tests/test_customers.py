"""Customers and their payment methods."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import member, status


def test_customers_are_found_by_their_exact_email(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(params={"email": "Ada@example.com"})
    listed = client.v1.customers.list(params={"email": "Ada@example.com"})
    assert [c.id for c in listed.data] == [made.id]
    assert client.v1.customers.list(params={"email": "ada@example.com"}).data == []


def test_customers_are_searched_without_regard_to_case(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(params={"email": "Ada@example.com"})
    found = client.v1.customers.search(params={"query": "email:'ada@example.com'"})
    assert [c.id for c in found.data] == [made.id]


def test_an_impossible_email_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.create(params={"email": "nobody"})
    assert refused.value.code == "email_invalid"


def test_deleting_a_customer_ends_their_subscriptions(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    customer = str(subscription.customer)
    client.v1.customers.delete(customer)
    assert status(client, subscription) == "canceled"
    assert client.v1.customers.retrieve(customer).deleted is True


def test_a_card_is_attached_listed_and_detached(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    card = client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    listed = client.v1.customers.payment_methods.list(customer.id)
    assert [m.id for m in listed.data] == [card.id]
    client.v1.payment_methods.detach(card.id)
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_a_declined_card_cannot_be_attached(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", params={"customer": customer.id})


def test_a_default_card_must_belong_to_the_customer(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    card = client.v1.payment_methods.create(params={"type": "card", "card": {"token": "tok_visa"}})
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        client.v1.customers.update(
            customer.id, params={"invoice_settings": {"default_payment_method": card.id}}
        )
