"""Money going back, by choice or by force."""

from __future__ import annotations

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds, member, price, session


@pytest.fixture
def intent(account: StripeStandIn, client: stripe.StripeClient) -> str:
    made = session(client, price(client, 900, recurring=None))
    paid: str = account.control.pay_session(made.id)["payment_intent"]
    return paid


def test_a_refund_in_parts_ends_when_all_is_given_back(
    client: stripe.StripeClient, intent: str
) -> None:
    client.v1.refunds.create(params={"payment_intent": intent, "amount": 400})
    charge = client.v1.charges.list(params={"payment_intent": intent}).data[0]
    assert (charge.refunded, charge.amount_refunded) == (False, 400)
    client.v1.refunds.create(params={"payment_intent": intent})
    assert client.v1.charges.retrieve(charge.id).refunded is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [0, -5, 901])
def test_impossible_refunds_are_refused(
    client: stripe.StripeClient, intent: str, amount: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params={"payment_intent": intent, "amount": amount})


def test_a_refund_announces_itself_and_its_charge(
    account: StripeStandIn, client: stripe.StripeClient, intent: str
) -> None:
    client.v1.refunds.create(params={"payment_intent": intent, "reason": "requested_by_customer"})
    assert kinds(account)[-2:] == ["refund.created", "charge.refunded"]


def test_the_way_from_a_charge_to_its_subscription_goes_by_invoice_payments(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client)
    charge = client.v1.charges.list().data[0]
    payments = client.v1.invoice_payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": str(charge.payment_intent)}}
    )
    invoice = client.v1.invoices.retrieve(str(payments.data[0].invoice))
    assert invoice["parent"]["subscription_details"]["subscription"] == subscription.id


def test_a_dispute_takes_the_money_and_forbids_a_refund(
    account: StripeStandIn, client: stripe.StripeClient, intent: str
) -> None:
    dispute = account.control.dispute(intent)
    assert client.v1.disputes.retrieve(dispute["id"]).status == "needs_response"
    assert kinds(account)[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"payment_intent": intent})
    assert refused.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("evidence", "verdict"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_evidence_decides_a_dispute(
    account: StripeStandIn, client: stripe.StripeClient, intent: str, evidence: str, verdict: str
) -> None:
    dispute = account.control.dispute(intent)
    done = client.v1.disputes.update(
        dispute["id"], params={"evidence": {"uncategorized_text": evidence}}
    )
    assert done.status == verdict


def test_one_test_card_is_disputed_by_itself(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, 900, recurring=None))
    account.control.pay_session(made.id, card="4000000000000259")
    assert "charge.dispute.created" in kinds(account)


def test_the_balance_is_what_is_left_after_fees_and_refunds(
    client: stripe.StripeClient, intent: str
) -> None:
    client.v1.refunds.create(params={"payment_intent": intent, "amount": 400})
    fee = 900 * 29 // 1000 + 30
    assert client.v1.balance.retrieve().available[0].amount == 900 - fee - 400


def test_an_inquiry_takes_no_money_and_leaves_a_refund_possible(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client, 900, recurring=None))
    paid = account.control.pay_session(made.id, card="4000000000001976")
    assert client.v1.disputes.list().data[0].status == "warning_needs_response"
    client.v1.refunds.create(params={"payment_intent": paid["payment_intent"]})
