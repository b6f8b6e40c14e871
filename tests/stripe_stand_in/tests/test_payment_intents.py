"""Payments without Checkout: intents, old-style charges, and cards kept for later."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds


def pay(client: stripe.StripeClient, card: str, **more: Any) -> stripe.PaymentIntent:
    wanted = {"amount": 900, "currency": "usd", "payment_method": card, "confirm": True} | more
    return client.v1.payment_intents.create(params=wanted)  # type: ignore[arg-type]


def test_a_good_card_succeeds_with_a_charge(client: stripe.StripeClient) -> None:
    paid = pay(client, "pm_card_visa")
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert (paid.status, charge.paid, charge.amount) == ("succeeded", True, 900)


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_bad_card_is_a_card_error_with_its_reason(
    client: stripe.StripeClient, card: str, code: str, decline: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        pay(client, card)
    assert refused.value.code == code
    assert refused.value.error is not None
    assert refused.value.error.decline_code == decline
    assert client.v1.payment_intents.list().data[0].status == "requires_payment_method"


def test_a_declined_intent_is_confirmed_with_another_card(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_chargeDeclined")
    waiting = client.v1.payment_intents.list().data[0]
    done = client.v1.payment_intents.confirm(waiting.id, params={"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"


def test_a_bank_that_asks_is_answered(account: StripeStandIn, client: stripe.StripeClient) -> None:
    asked = pay(client, "pm_card_authenticationRequired")
    assert asked.status == "requires_action"
    account.control.authenticate(asked.id, confirmed=False)
    assert client.v1.payment_intents.retrieve(asked.id).status == "requires_payment_method"


def test_a_bank_that_asks_declines_when_nobody_is_there(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        pay(client, "pm_card_authenticationRequired", off_session=True)
    assert refused.value.code == "authentication_required"


def test_an_unpaid_intent_is_canceled_and_a_paid_one_not(client: stripe.StripeClient) -> None:
    open_one = client.v1.payment_intents.create(params={"amount": 900, "currency": "usd"})
    assert client.v1.payment_intents.cancel(open_one.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(pay(client, "pm_card_visa").id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_an_amount_below_the_smallest_charge_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(client, "pm_card_visa", amount=49)
    assert refused.value.code == "amount_too_small"


def test_holding_money_back_is_not_modelled_and_says_so(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(client, "pm_card_visa", capture_method="manual")
    assert refused.value.code == "stand_in_not_modelled"


def test_a_charge_by_token_still_works(client: stripe.StripeClient) -> None:
    options: dict[str, Any] = {"amount": 900, "currency": "usd", "source": "tok_visa"}
    charge = client.raw_request("post", "/v1/charges", **options)
    assert charge.code == 200


def test_a_card_is_kept_for_later(account: StripeStandIn, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    kept = client.v1.setup_intents.create(
        params={"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    assert kept.status == "succeeded"
    assert len(client.v1.customers.payment_methods.list(customer.id).data) == 1
    assert kinds(account)[-1] == "setup_intent.succeeded"


def test_keeping_a_card_can_wait_or_be_given_up(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create(params={"email": "ada@example.com"})
    first = client.v1.setup_intents.create(params={"customer": customer.id})
    done = client.v1.setup_intents.confirm(first.id, params={"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    second = client.v1.setup_intents.create(params={"customer": customer.id})
    assert client.v1.setup_intents.cancel(second.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.setup_intents.cancel(second.id)


def test_movements_of_money_add_up(client: stripe.StripeClient) -> None:
    paid = pay(client, "pm_card_visa")
    [moved] = client.v1.balance_transactions.list(params={"type": "charge"}).data
    assert (moved.amount, moved.net) == (900, 900 - moved.fee)
    assert moved.source == paid.latest_charge
