"""Invoices made by hand, and the ways one can end."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shapes import check_shape
from tests.stripe_stand_in.tests.shop import kinds, member, price


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    made = client.v1.customers.create(params={"email": "ada@example.com"})
    card = client.v1.payment_methods.attach("pm_card_visa", params={"customer": made.id})
    client.v1.customers.update(
        made.id, params={"invoice_settings": {"default_payment_method": card.id}}
    )
    return made.id


def draft(client: stripe.StripeClient, customer: str, amount: int = 1200) -> stripe.Invoice:
    client.v1.invoice_items.create(
        params={"customer": customer, "amount": amount, "currency": "usd", "description": "Ad"}
    )
    return client.v1.invoices.create(
        params={"customer": customer, "pending_invoice_items_behavior": "include"}
    )


def test_pending_items_become_the_lines_of_an_invoice(
    client: stripe.StripeClient, customer: str
) -> None:
    made = draft(client, customer)
    lines = client.v1.invoices.line_items.list(made.id).data
    assert [(line.amount, line.description) for line in lines] == [(1200, "Ad")]
    assert client.v1.invoice_items.list(params={"pending": True}).data == []


def test_an_item_can_go_straight_onto_a_draft(client: stripe.StripeClient, customer: str) -> None:
    made = client.v1.invoices.create(params={"customer": customer})
    single = price(client, 700, recurring=None)
    client.v1.invoice_items.create(
        params={
            "customer": customer,
            "invoice": made.id,
            "pricing": {"price": single.id},
            "quantity": 2,
        }
    )
    assert client.v1.invoices.retrieve(made.id).total == 1400


def test_paying_a_draft_finalizes_it_and_numbers_it(
    client: stripe.StripeClient, customer: str
) -> None:
    paid = client.v1.invoices.pay(draft(client, customer).id)
    assert (paid.status, paid.amount_paid) == ("paid", 1200)
    assert str(paid.number).endswith("-0001")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.invoices.pay(paid.id)
    assert refused.value.code == "invoice_already_paid"


def test_an_invoice_of_nothing_is_paid_by_finalizing_it(
    client: stripe.StripeClient, customer: str
) -> None:
    made = client.v1.invoices.create(params={"customer": customer})
    assert client.v1.invoices.finalize_invoice(made.id).status == "paid"


def test_money_that_came_another_way_is_recorded_without_a_charge(
    client: stripe.StripeClient, customer: str
) -> None:
    made = draft(client, customer)
    paid = client.v1.invoices.pay(made.id, params={"paid_out_of_band": True})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert client.v1.charges.list().data == []


@pytest.mark.parametrize(
    ("way", "status"), [("void_invoice", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_an_open_invoice_is_given_up(
    account: StripeStandIn, client: stripe.StripeClient, customer: str, way: str, status: str
) -> None:
    made = client.v1.invoices.finalize_invoice(draft(client, customer).id)
    assert getattr(client.v1.invoices, way)(made.id).status == status
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.pay(made.id)


def test_a_draft_cannot_be_voided_but_deleted(client: stripe.StripeClient, customer: str) -> None:
    made = draft(client, customer)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.invoices.void_invoice(made.id)
    assert client.v1.invoices.delete(made.id).deleted is True


def test_an_invoice_nobody_can_pay_says_so(client: stripe.StripeClient) -> None:
    poor = client.v1.customers.create(params={"email": "bob@example.com"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.invoices.pay(draft(client, poor.id).id)
    assert refused.value.code == "invoice_no_payment_method"


def test_a_credit_pays_first(client: stripe.StripeClient, customer: str) -> None:
    client.v1.customers.update(customer, params={"balance": -500})
    paid = client.v1.invoices.pay(draft(client, customer).id)
    assert (paid.total, paid.amount_due, paid.amount_paid, paid.ending_balance) == (
        1200,
        700,
        700,
        0,
    )


def test_an_amount_too_small_to_charge_waits_on_the_balance(
    client: stripe.StripeClient, customer: str
) -> None:
    paid = client.v1.invoices.pay(draft(client, customer, 30).id)
    assert (paid.amount_due, paid.status) == (0, "paid")
    assert client.v1.customers.retrieve(customer).balance == 30


def test_a_sent_invoice_waits_for_its_payer(
    account: StripeStandIn, client: stripe.StripeClient, customer: str
) -> None:
    subscription = client.v1.subscriptions.create(
        params={
            "customer": customer,
            "items": [{"price": price(client).id}],
            "collection_method": "send_invoice",
            "days_until_due": 14,
        }
    )
    latest = client.v1.invoices.retrieve(str(subscription.latest_invoice))
    assert (subscription.status, latest.status) == ("active", "open")
    assert "invoice.sent" in kinds(account)


def test_invoices_are_listed_by_status_and_subscription(
    account: StripeStandIn, client: stripe.StripeClient, customer: str
) -> None:
    made = draft(client, customer)
    subscription = member(account, client)
    assert [i.id for i in client.v1.invoices.list(params={"status": "draft"}).data] == [made.id]
    listed = client.v1.invoices.list(params={"subscription": subscription.id})
    assert [i.id for i in listed.data] == [subscription.latest_invoice]


def test_a_preview_tells_what_an_upgrade_costs_and_changes_nothing(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    dearer = price(client, 2000)
    item = subscription["items"].data[0].id
    before = account.control.events()
    seen = client.v1.invoices.create_preview(
        params={
            "subscription": subscription.id,
            "subscription_details": {
                "items": [{"id": item, "price": dearer.id}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    assert (seen.amount_due, seen.status) == (1000, "draft")
    assert account.control.events() == before
    assert client.v1.subscriptions.retrieve(subscription.id).to_dict() == subscription.to_dict()
    assert check_shape(seen.to_dict()) == []


def test_a_preview_of_nothing_is_the_next_renewal(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000)
    seen = client.v1.invoices.create_preview(params={"subscription": subscription.id})
    assert seen.amount_due == 1000
    assert seen.period_end == subscription["items"].data[0].current_period_end
