"""Gifts: bought by one, redeemed by another, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from podcast_server.billing.errors import GiftRefused, NotForSale
from podcast_server.billing.gifts import (
    code_of,
    find_gift,
    gift_basket,
    gifts_to_send,
    redeem_gift,
)
from podcast_server.billing.intervals import after
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.models import Gift
from podcast_server.billing.plans import PriceTerms
from podcast_server.mail.models import OutgoingMail
from tests.builders import build_member
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import MONTH, Shop, eur

BOB = "bob@example.org"


def buy(post: Post, *, times: int = 3, **more: Any) -> str:
    """Ada buys a gift; returns the code."""
    shop = post.shop
    price = shop.plan().prices[0]
    opened = shop.open(lambda s: gift_basket(s, price.key, times=times, now=shop.now, **more))
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    with shop.session() as session:
        gift = session.query(Gift).one()
    return code_of(gift, shop.till.terms)


def redeem(shop: Shop, code: str, email: str = BOB) -> None:
    with shop.session() as session:
        member = build_member(session, shop.now, email)
        redeem_gift(session, shop.till.terms, find_gift(session, code), member.id, shop.now)


def test_a_gift_costs_its_periods_once_and_opens_nothing_for_the_buyer(post: Post) -> None:
    buy(post)
    assert post.shop.purchase().amount == 1500
    assert not post.shop.hears()


def test_whoever_brings_the_code_has_the_membership_from_that_day(post: Post) -> None:
    code = buy(post)
    post.shop.clock.advance(days=40)
    begun = post.shop.now
    redeem(post.shop, code)
    assert post.shop.hears(BOB)
    post.shop.clock.now = after(begun, MONTH, 3) - timedelta(seconds=1)
    assert post.shop.hears(BOB)
    post.shop.clock.now = after(begun, MONTH, 3)
    assert not post.shop.hears(BOB)


def test_two_gifts_last_as_long_as_both_and_one_paid_back_is_taken_off(post: Post) -> None:
    shop = post.shop
    price = shop.plan().prices[0]
    codes, payments = [], []
    for _ in range(2):
        opened = shop.open(lambda s: gift_basket(s, price.key, times=3, now=shop.now))
        post.account.control.pay_session(shop.ref(opened))
        post.deliver()
        payments.append(shop.purchase().payment_ref)
        with shop.session() as session:
            codes += [code_of(gift, shop.till.terms) for gift in session.query(Gift)][-1:]
    begun = shop.now
    redeem(shop, codes[0])
    shop.clock.advance(days=1)
    redeem(shop, codes[1])
    shop.clock.now = after(begun, MONTH, 6) - timedelta(seconds=1)
    assert shop.hears(BOB)
    post.account.control.refund(payments[1])
    post.deliver()
    assert not shop.hears(BOB)


def test_a_membership_paid_once_is_gone_on_with_before_its_end_without_loss(post: Post) -> None:
    shop = post.shop
    plan = shop.plan(PriceTerms(eur(5000), None, access_days=365))
    for days in (0, 362):
        shop.clock.advance(days=days)
        opened = shop.join(plan.prices[0])
        post.account.control.pay_session(shop.ref(opened))
        post.deliver()
    shop.clock.advance(days=3 + 364)
    assert shop.hears()
    shop.clock.advance(days=1)
    assert not shop.hears()


def test_a_code_is_redeemed_once(post: Post) -> None:
    code = buy(post)
    redeem(post.shop, code)
    redeem(post.shop, code)
    with pytest.raises(GiftRefused, match="redeemed before"):
        redeem(post.shop, code, "carol@example.org")
    assert not post.shop.hears("carol@example.org")


def test_the_code_may_be_typed_in_any_way(post: Post) -> None:
    code = buy(post)
    redeem(post.shop, code.lower().replace("-", " "))
    assert post.shop.hears(BOB)


def test_wrong_codes_are_refused_whatever_they_are(post: Post) -> None:
    buy(post)
    for code in ("", "AAAA-AAAA-AAAA-AAAA", "'; DROP TABLE gifts", "Ω" * 1000):
        with pytest.raises(GiftRefused):
            redeem(post.shop, code)


def test_the_database_alone_does_not_give_the_codes_away(post: Post) -> None:
    code = buy(post)
    with post.shop.session() as session:
        gift = find_gift(session, code)
        stored = " ".join(str(value) for value in vars(gift).values())
    assert code not in stored
    assert code.replace("-", "") not in stored


def test_a_gift_paid_back_before_it_is_redeemed_is_void(post: Post) -> None:
    code = buy(post)
    post.account.control.refund(post.shop.purchase().payment_ref)
    post.deliver()
    with pytest.raises(GiftRefused, match="paid back"):
        redeem(post.shop, code)


def test_a_gift_paid_back_later_ends(post: Post) -> None:
    code = buy(post)
    redeem(post.shop, code)
    post.account.control.refund(post.shop.purchase().payment_ref)
    post.deliver()
    assert not post.shop.hears(BOB)


def test_a_gift_with_an_address_is_mailed_on_its_day(post: Post) -> None:
    day = post.shop.now + timedelta(days=10)
    buy(post, recipient_email=BOB, send_at=day)
    with post.shop.session() as session:
        assert gifts_to_send(session, day - timedelta(seconds=1)) == []
        assert [gift.recipient_email for gift in gifts_to_send(session, day)] == [BOB]


def test_a_gift_paid_back_before_its_day_is_not_mailed(post: Post) -> None:
    shop = post.shop
    day = shop.now + timedelta(days=10)
    buy(post, recipient_email=BOB, send_at=day)
    post.account.control.refund(shop.purchase().payment_ref)
    post.deliver()
    shop.clock.now = day
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    with shop.session() as session:
        assert BOB not in session.scalars(select(OutgoingMail.recipient)).all()


def test_a_gift_without_an_address_is_handed_over_by_the_buyer(post: Post) -> None:
    buy(post)
    with post.shop.session() as session:
        assert gifts_to_send(session, post.shop.now + timedelta(days=400)) == []


@pytest.mark.parametrize("times", [0, -1, 37, 10**9])
def test_a_gift_of_an_absurd_length_is_refused(shop: Shop, times: int) -> None:
    price = shop.plan().prices[0]
    with shop.session() as session, pytest.raises(NotForSale):
        gift_basket(session, price.key, times=times, now=shop.now)


def test_a_plan_paid_once_can_be_given_for_as_long_as_it_lasts(post: Post) -> None:
    shop = post.shop
    price = shop.plan(PriceTerms(eur(3000), None, access_days=90)).prices[0]
    opened = shop.open(lambda s: gift_basket(s, price.key, times=1, now=shop.now))
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    with shop.session() as session:
        code = code_of(session.query(Gift).one(), shop.till.terms)
    redeem(shop, code)
    shop.clock.advance(days=89)
    assert shop.hears(BOB)
    shop.clock.advance(days=1)
    assert not shop.hears(BOB)
