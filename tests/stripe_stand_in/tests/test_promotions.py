"""Coupons, promotion codes and what they take off."""

from __future__ import annotations

from typing import Any

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
