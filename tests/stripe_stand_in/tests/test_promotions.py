"""Coupons, promotion codes and what they take off."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import member, period_end, price, session


def coupon(client: stripe.StripeClient, **more: Any) -> stripe.Coupon:
    return client.v1.coupons.create(params={"percent_off": 50, "duration": "forever"} | more)  # type: ignore[arg-type]


def code(
    client: stripe.StripeClient, of: stripe.Coupon, text: str, **more: Any
) -> stripe.PromotionCode:
    wanted = {"promotion": {"type": "coupon", "coupon": of.id}, "code": text} | more
    return client.v1.promotion_codes.create(params=wanted)  # type: ignore[arg-type]


def test_a_coupon_on_a_session_reduces_what_is_paid(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    subscription = member(account, client, 1000, discounts=[{"coupon": coupon(client).id}])
    invoice = client.v1.invoices.retrieve(str(subscription.latest_invoice))
    assert (invoice.subtotal, invoice.amount_paid) == (1000, 500)


def invoice_amounts(client: stripe.StripeClient, subscription: stripe.Subscription) -> list[int]:
    invoices = client.v1.invoices.list(params={"subscription": subscription.id}).data
    return [i.amount_paid for i in reversed(invoices)]


@pytest.mark.parametrize(
    ("kind", "paid"),
    [
        ({"duration": "once"}, [500, 1000, 1000]),
        ({"duration": "repeating", "duration_in_months": 2}, [500, 500, 1000]),
        ({"duration": "forever"}, [500, 500, 500]),
    ],
)
def test_a_coupon_lasts_as_long_as_it_says(
    account: StripeStandIn, client: stripe.StripeClient, kind: dict[str, Any], paid: list[int]
) -> None:
    subscription = member(account, client, 1000, discounts=[{"coupon": coupon(client, **kind).id}])
    for _ in range(2):
        subscription = client.v1.subscriptions.retrieve(subscription.id)
        ahead = period_end(subscription) - account.world.now()
        account.control.advance(seconds=ahead + 3601)
    assert invoice_amounts(client, subscription) == paid


def test_a_whole_discount_needs_no_payment(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    free = coupon(client, percent_off=100)
    made = session(client, price(client, 900, recurring=None), discounts=[{"coupon": free.id}])
    paid = account.control.pay_session(made.id)
    assert (paid["payment_status"], paid["payment_intent"]) == ("no_payment_required", None)


def test_a_spent_promotion_code_is_refused(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    promotion = code(client, coupon(client), "ONCE", max_redemptions=1)
    member(account, client, discounts=[{"promotion_code": promotion.id}])
    assert client.v1.promotion_codes.retrieve(promotion.id).active is False
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        session(client, price(client), discounts=[{"promotion_code": promotion.id}])


def test_promotion_codes_and_given_discounts_exclude_each_other(
    client: stripe.StripeClient,
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        session(
            client,
            price(client),
            allow_promotion_codes=True,
            discounts=[{"coupon": coupon(client).id}],
        )


def test_a_code_is_taken_once_whatever_its_case(client: stripe.StripeClient) -> None:
    code(client, coupon(client), "Spring")
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        code(client, coupon(client), "SPRING")


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent_off": 101},
        {"percent_off": 0},
        {"amount_off": 100},
        {"duration": "repeating"},
        {"duration_in_months": 3},
    ],
)
def test_impossible_coupons_are_refused(client: stripe.StripeClient, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        coupon(client, **wrong)


def test_a_deleted_coupon_goes_on_for_those_who_have_it(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    half = coupon(client)
    subscription = member(account, client, 1000, discounts=[{"coupon": half.id}])
    client.v1.coupons.delete(half.id)
    account.control.advance(days=40)
    assert invoice_amounts(client, subscription)[-1] == 500


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"restrictions": {"minimum_amount": 2000, "minimum_amount_currency": "usd"}}, "too small"),
        ({"restrictions": {"first_time_transaction": True}}, "new customers"),
        ({"expires_at": 1}, "expired"),
    ],
)
def test_a_typed_code_may_have_conditions(
    account: StripeStandIn, client: stripe.StripeClient, limits: dict[str, Any], words: str
) -> None:
    code(client, coupon(client), "SPRING", **limits)
    earlier = member(account, client)
    made = session(
        client, price(client, 1000), customer=str(earlier.customer), allow_promotion_codes=True
    )
    answer = httpx.post(str(made.url), data={"action": "code", "code": "SPRING"}, trust_env=False)
    assert words in answer.text


def test_a_code_may_be_for_one_customer(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create(params={"email": "ada@example.com"})
    bob = client.v1.customers.create(params={"email": "bob@example.com"})
    code(client, coupon(client), "ADA", customer=ada.id)

    def typed(customer: str) -> int:
        made = session(client, price(client), customer=customer, allow_promotion_codes=True)
        fields = {"action": "code", "code": "ADA"}
        return httpx.post(str(made.url), data=fields, trust_env=False).status_code

    assert (typed(bob.id), typed(ada.id)) == (402, 303)


def test_an_amount_off_needs_the_same_currency(client: stripe.StripeClient) -> None:
    euros = client.v1.coupons.create(params={"amount_off": 100, "currency": "eur"})
    code(client, euros, "EURO")
    made = session(client, price(client), allow_promotion_codes=True)
    answer = httpx.post(str(made.url), data={"action": "code", "code": "EURO"}, trust_env=False)
    assert "another currency" in answer.text
    with pytest.raises(stripe.InvalidRequestError):
        session(client, price(client), discounts=[{"coupon": euros.id}])


def test_codes_are_found_and_switched_off(client: stripe.StripeClient) -> None:
    half = coupon(client)
    made = code(client, half, "SPRING")
    code(client, coupon(client), "AUTUMN")
    assert [p.id for p in client.v1.promotion_codes.list(params={"code": "spring"}).data] == [
        made.id
    ]
    assert [p.id for p in client.v1.promotion_codes.list(params={"coupon": half.id}).data] == [
        made.id
    ]
    assert client.v1.promotion_codes.update(made.id, params={"active": False}).active is False


def test_a_coupon_is_renamed_and_taken_no_longer_after_its_day(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = coupon(client, redeem_by=account.world.now() + 100)
    assert client.v1.coupons.update(made.id, params={"name": "Half"}).name == "Half"
    account.control.advance(days=1)
    assert client.v1.coupons.retrieve(made.id).valid is False
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(client, price(client), discounts=[{"coupon": made.id}])
    assert refused.value.code == "coupon_expired"
