"""Checkout Sessions: what may be asked for, and what paying them brings about."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.stripe_stand_in import DAY, StripeError, StripeStandIn
from tests.stripe_stand_in.tests.shop import RETURN, kinds, price, session


def test_a_paid_subscription_session_brings_customer_subscription_and_invoice(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(
        client,
        price(client),
        client_reference_id="member-7",
        subscription_data={"metadata": {"member": "7"}},
    )
    account.control.pay_session(made.id, email="ada@example.com")
    done = client.v1.checkout.sessions.retrieve(
        made.id, params={"expand": ["subscription", "invoice"]}
    )
    assert (done.status, done.payment_status, done.client_reference_id) == (
        "complete",
        "paid",
        "member-7",
    )
    assert done["subscription"]["status"] == "active"
    assert done["subscription"]["metadata"]["member"] == "7"
    assert (
        done["invoice"]["parent"]["subscription_details"]["subscription"]
        == done["subscription"]["id"]
    )
    assert client.v1.customers.retrieve(str(done.customer)).email == "ada@example.com"


def test_the_period_is_on_the_items_not_on_the_subscription(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    paid = account.control.pay_session(made.id)
    subscription = client.v1.subscriptions.retrieve(paid["subscription"])
    assert "current_period_end" not in subscription
    assert subscription["items"].data[0].current_period_end > subscription.created + 27 * DAY


def test_the_metadata_of_a_session_is_not_copied_to_its_subscription(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client), metadata={"member": "7"})
    paid = account.control.pay_session(made.id)
    assert "member" not in client.v1.subscriptions.retrieve(paid["subscription"]).metadata


def test_a_single_sale_is_a_payment_intent_without_a_customer(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(
        client,
        price(client, 900, recurring=None),
        payment_intent_data={"metadata": {"episode": "3"}},
    )
    assert made.payment_intent is None
    paid = account.control.pay_session(made.id)
    intent = client.v1.payment_intents.retrieve(paid["payment_intent"])
    assert (intent.status, intent.amount_received, intent.metadata["episode"]) == (
        "succeeded",
        900,
        "3",
    )
    assert paid["customer"] is None
    assert paid["customer_details"]["email"] == "payer@example.com"


def test_a_guest_becomes_a_customer_when_asked(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, 900, recurring=None), customer_creation="always")
    paid = account.control.pay_session(made.id)
    assert client.v1.customers.retrieve(paid["customer"]).email == "payer@example.com"


def test_a_price_can_be_made_on_the_spot(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = client.v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "success_url": RETURN,
            "line_items": [
                {
                    "quantity": 2,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 450,
                        "product_data": {"name": "Episode"},
                    },
                }
            ],
        }
    )
    assert made.amount_total == 900
    lines = client.v1.checkout.sessions.line_items.list(made.id)
    assert lines.data[0].description == "Episode"
    assert client.v1.prices.list().data == []


def test_a_trial_takes_a_card_and_no_money(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client), subscription_data={"trial_period_days": 7})
    paid = account.control.pay_session(made.id)
    assert (paid["amount_total"], paid["payment_status"]) == (0, "no_payment_required")
    subscription = client.v1.subscriptions.retrieve(paid["subscription"])
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription["items"].data[0].current_period_end


def test_a_declined_card_leaves_the_session_open(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    with pytest.raises(StripeError):
        account.control.pay_session(made.id, card="4000000000000002")
    assert client.v1.checkout.sessions.retrieve(made.id).status == "open"
    assert client.v1.subscriptions.list().data == []
    account.control.pay_session(made.id)
    assert client.v1.checkout.sessions.retrieve(made.id).status == "complete"


def test_a_session_cannot_be_paid_twice(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    account.control.pay_session(made.id)
    with pytest.raises(StripeError, match="no longer available"):
        account.control.pay_session(made.id)


def test_a_session_expires_by_itself_after_its_time(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    account.control.advance(days=1, seconds=1)
    assert client.v1.checkout.sessions.retrieve(made.id).status == "expired"
    assert "checkout.session.expired" in kinds(account)
    with pytest.raises(StripeError):
        account.control.pay_session(made.id)


def test_a_session_is_expired_by_its_maker(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    assert client.v1.checkout.sessions.expire(made.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(made.id)


def test_a_bank_debit_completes_the_session_before_the_money_arrives(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, 900, recurring=None))
    paid = account.control.pay_session(made.id, account="000123456789")
    assert (paid["status"], paid["payment_status"]) == ("complete", "unpaid")
    account.control.advance(days=5)
    assert client.v1.checkout.sessions.retrieve(made.id).payment_status == "paid"
    assert "checkout.session.async_payment_succeeded" in kinds(account)


def test_a_bank_debit_that_bounces_says_so_days_later(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, 900, recurring=None))
    account.control.pay_session(made.id, account="000111111116")
    account.control.advance(days=5)
    assert client.v1.checkout.sessions.retrieve(made.id).payment_status == "unpaid"
    assert "checkout.session.async_payment_failed" in kinds(account)


def test_a_subscription_by_bank_debit_is_active_until_the_debit_bounces(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    paid = account.control.pay_session(made.id, account="000111111116")
    assert client.v1.subscriptions.retrieve(paid["subscription"]).status == "active"
    account.control.advance(days=5)
    assert client.v1.subscriptions.retrieve(paid["subscription"]).status == "past_due"


def test_the_payer_chooses_the_amount_within_its_limits(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    tip = price(
        client,
        recurring=None,
        unit_amount=None,
        custom_unit_amount={"enabled": True, "minimum": 300, "maximum": 50_00},
    )
    made = session(client, tip, submit_type="donate")
    for wrong in (299, 50_01):
        with pytest.raises(StripeError, match="must be between"):
            account.control.pay_session(made.id, amount=wrong)
    assert account.control.pay_session(made.id, amount=700)["amount_total"] == 700


def test_tax_is_added_when_automatic_tax_is_on(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    account.control.settings(tax_percent=20)
    made = session(client, price(client, 1000), automatic_tax={"enabled": True})
    assert made.amount_total == 1200
    paid = account.control.pay_session(made.id)
    invoice = client.v1.invoices.retrieve(paid["invoice"])
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (1000, 1200, 1200)


def test_tax_for_a_known_customer_needs_their_address_or_leave_to_keep_it(
    client: stripe.StripeClient,
) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    sold = price(client)
    wanted: dict[str, Any] = {"customer": customer.id, "automatic_tax": {"enabled": True}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(client, sold, **wanted)
    assert refused.value.code == "customer_tax_location_invalid"
    session(client, sold, **wanted, customer_update={"address": "auto"})


@pytest.mark.parametrize(
    ("single", "wrong"),
    [
        (False, {"success_url": "/thanks"}),
        (False, {"success_url": "javascript:alert(1)"}),
        (False, {"mode": "payment"}),
        (True, {"mode": "subscription"}),
        (True, {"subscription_data": {"metadata": {"a": "b"}}}),
        (False, {"payment_intent_data": {"metadata": {"a": "b"}}}),
        (False, {"customer_creation": "always"}),
        (False, {"client_reference_id": "a b"}),
        (False, {"client_reference_id": "a" * 201}),
        (False, {"subscription_data": {"trial_period_days": 0}}),
        (False, {"line_items": [{"price": "price_nothing", "quantity": 1}]}),
        (False, {"customer": "cus_nothing"}),
        (False, {"customer_email": "nobody"}),
        (False, {"expires_at": 1}),
        (True, {"discounts": [{"coupon": "nothing"}]}),
    ],
)
def test_sessions_stripe_would_refuse_are_refused(
    client: stripe.StripeClient, single: bool, wrong: dict[str, Any]
) -> None:
    sold = price(client, recurring=None) if single else price(client)
    with pytest.raises(stripe.InvalidRequestError):
        session(client, sold, **wrong)


def test_a_quantity_of_zero_is_refused(client: stripe.StripeClient) -> None:
    sold = price(client)
    with pytest.raises(stripe.InvalidRequestError):
        session(client, sold, line_items=[{"price": sold.id, "quantity": 0}])


def test_an_archived_price_cannot_be_sold(client: stripe.StripeClient) -> None:
    sold = price(client)
    client.v1.prices.update(sold.id, params={"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        session(client, sold)


def test_a_total_below_stripes_smallest_charge_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(client, price(client, 49, recurring=None))
    assert refused.value.code == "amount_too_small"


def test_sessions_are_listed_by_subscription_and_payment_intent(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    paid = account.control.pay_session(made.id)
    by_subscription = client.v1.checkout.sessions.list(
        params={"subscription": paid["subscription"]}
    )
    assert [s.id for s in by_subscription.data] == [made.id]


def test_answers_to_custom_fields_come_with_the_session(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    field = {
        "key": "message",
        "label": {"type": "custom", "custom": "Message"},
        "type": "text",
        "optional": True,
    }
    made = session(client, price(client, 900, recurring=None), custom_fields=[field])
    paid = account.control.pay_session(made.id)
    assert paid["custom_fields"][0]["text"]["value"] is None
