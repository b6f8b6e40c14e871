"""A coupon for somebody who pays already, given and ended by hand."""

from __future__ import annotations

import pytest

from podcast_server.billing.coupons import create_coupon
from podcast_server.billing.discounts import coupons_to_give, end_discount, give_discount
from podcast_server.billing.errors import BadOffer, ProviderRefused
from podcast_server.billing.models import Coupon, Payment
from podcast_server.billing.money import Money
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import Shop, eur
from tests.podcast_server.billing.test_manual_memberships import join as join_by_hand
from tests.podcast_server.billing.test_stripe_memberships import join


@pytest.fixture
def stripe(post: Post) -> Shop:
    """Ada pays five euros a month."""
    join(post)
    return post.shop


def coupon(shop: Shop, **terms: object) -> Coupon:
    with shop.session() as session:
        fields = {"code": "kind20", "percent": 20, "duration": "forever"} | terms
        return create_coupon(session, now=shop.now, **fields)  # type: ignore[arg-type]


def amounts(shop: Shop) -> list[int]:
    with shop.session() as session:
        return [row.amount for row in session.query(Payment).order_by(Payment.id)]


@pytest.mark.thorough
def test_the_next_payments_are_smaller_until_it_is_ended(post: Post, stripe: Shop) -> None:
    shop = stripe
    give_discount(shop.till, shop.subscription(), coupon(shop), reason="ill", now=shop.now)
    assert shop.subscription().discount == "KIND20"
    post.let_time_pass(days=31)
    end_discount(shop.till, shop.subscription(), shop.now)
    assert shop.subscription().discount == ""
    post.let_time_pass(days=31)
    assert amounts(shop) == [500, 400, 500]
    assert shop.hears()


@pytest.mark.thorough
def test_one_given_once_is_gone_by_itself(post: Post, stripe: Shop) -> None:
    once = coupon(stripe, percent=None, off=eur(100), duration="once")
    give_discount(stripe.till, stripe.subscription(), once, reason="sorry", now=stripe.now)
    post.let_time_pass(days=62)
    assert amounts(stripe) == [500, 400, 500]


@pytest.mark.thorough
def test_a_coupon_that_everybody_used_up_can_still_be_given(post: Post, stripe: Shop) -> None:
    single = coupon(stripe, most_uses=1)
    give_discount(stripe.till, stripe.subscription(), single, reason="ill", now=stripe.now)
    post.let_time_pass(days=31)
    assert amounts(stripe) == [500, 400]


def test_a_discount_needs_a_reason(stripe: Shop) -> None:
    with pytest.raises(BadOffer, match="why"):
        give_discount(
            stripe.till, stripe.subscription(), coupon(stripe), reason=" ", now=stripe.now
        )


def test_a_coupon_in_another_currency_is_not_offered(stripe: Shop) -> None:
    dollars = coupon(stripe, percent=None, off=Money(100, "usd"))
    with stripe.session() as session:
        assert coupons_to_give(session, stripe.subscription(), stripe.now) == []
    with pytest.raises(BadOffer, match="fit"):
        give_discount(stripe.till, stripe.subscription(), dollars, reason="x", now=stripe.now)
    assert stripe.subscription().discount == ""


def test_by_hand_one_confirms_the_sum_that_came(shop: Shop) -> None:
    join_by_hand(shop)
    with pytest.raises(ProviderRefused, match="confirm the sum"):
        give_discount(shop.till, shop.subscription(), coupon(shop), reason="x", now=shop.now)
