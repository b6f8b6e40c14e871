"""Plans and prices as the podcaster makes them, and who may still join."""

from __future__ import annotations

from datetime import timedelta

import pytest

from episodes.shows import ensure_tier
from podcast_server.billing.changes import close_plan, refund_payment
from podcast_server.billing.checkout import Buyer, open_checkout
from podcast_server.billing.comps import join_free
from podcast_server.billing.errors import AmountRefused, BadOffer, NoSuchOffer, NotForSale
from podcast_server.billing.models import Payment, Plan, Price
from podcast_server.billing.plans import (
    PriceTerms,
    create_plan,
    find_plan,
    membership_basket,
    plans_on_sale,
)
from tests.builders import build_member, build_show
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, MONTH, YEAR, Shop, eur


def confirm(shop: Shop, ref: str) -> None:
    shop.till.providers["manual"].confirm(ref)  # type: ignore[attr-defined]


def test_a_plan_has_several_prices_and_a_short_name_of_its_own(shop: Shop) -> None:
    shop.plan(PriceTerms(eur(500), MONTH), PriceTerms(eur(5000), YEAR), name="Gold  Circle")
    shop.plan(name="Gold Circle")
    with shop.session() as session:
        plan = find_plan(session, "gold-circle")
        assert [(p.amount, p.interval) for p in plan.prices] == [(500, "month"), (5000, "year")]
        assert find_plan(session, "gold-circle-2").id != plan.id


def test_an_unknown_plan_is_refused_with_the_ones_there_are(shop: Shop) -> None:
    shop.plan()
    with shop.session() as session, pytest.raises(NoSuchOffer, match="plans: supporter"):
        find_plan(session, "supporters")


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (PriceTerms(eur(0), MONTH), "more than nothing"),
        (PriceTerms(eur(500), MONTH, minimum=eur(600)), "minimum"),
        (PriceTerms(eur(500), MONTH, access_days=30), "paid once"),
        (PriceTerms(eur(500), None, access_days=0), "days of access"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(shop: Shop, terms: PriceTerms, said: str) -> None:
    with pytest.raises(BadOffer, match=said):
        shop.plan(terms)


@pytest.mark.parametrize(
    "fields",
    [{"trial_days": -1}, {"trial_days": 400}, {"places": 0}, {"name": " "}, {"slug": "x"}],
)
def test_a_plan_that_makes_no_sense_is_refused(shop: Shop, fields: dict[str, object]) -> None:
    name = fields.pop("name", "Supporter")
    with shop.session() as session, pytest.raises(BadOffer):
        create_plan(
            session,
            name=str(name),
            opens=[(shop.show, None)],
            prices=[],
            now=shop.now,
            fields=fields,
        )


def test_a_tier_of_another_show_cannot_be_opened(shop: Shop) -> None:
    with shop.session() as session:
        other = build_show(session, shop.now)
        tier = ensure_tier(session, other, "Gold")
        with pytest.raises(BadOffer, match="not a tier"):
            create_plan(session, name="X", opens=[(shop.show, tier)], prices=[], now=shop.now)


def test_one_pays_at_least_the_minimum_and_as_much_as_one_wants(shop: Shop) -> None:
    [price] = shop.plan(PriceTerms(eur(800), MONTH, minimum=eur(300))).prices
    with shop.session() as session:
        basket = membership_basket(session, price.key, chosen=eur(300), email=EMAIL, now=shop.now)
        assert basket.each == eur(300)
        with pytest.raises(AmountRefused, match=r"at least 3\.00"):
            membership_basket(session, price.key, chosen=eur(299), email=EMAIL, now=shop.now)


def test_the_amount_of_a_fixed_price_cannot_be_chosen(shop: Shop) -> None:
    [price] = shop.plan().prices
    with shop.session() as session, pytest.raises(AmountRefused):
        membership_basket(session, price.key, chosen=eur(1), email=EMAIL, now=shop.now)


def test_the_last_place_is_given_once(shop: Shop) -> None:
    [price] = shop.plan(places=1).prices
    shop.join(price)
    with pytest.raises(NotForSale):
        shop.join(price, "late@example.org")


def test_a_place_nobody_paid_for_is_free_again(shop: Shop) -> None:
    [price] = shop.plan(places=1).prices
    shop.join(price)
    shop.clock.advance(days=20)
    shop.join(price, "late@example.org")


def test_a_place_is_free_again_when_its_member_has_left(shop: Shop) -> None:
    [price] = shop.plan(places=1).prices
    opened = shop.join(price)
    confirm(shop, shop.ref(opened))
    shop.finish(opened)
    shop.clock.advance(days=20)
    with pytest.raises(NotForSale):
        shop.join(price, "late@example.org")
    shop.till.selling.cancel_subscription(shop.subscription().ref, at_once=True)
    from podcast_server.billing.reconcile import reconcile

    reconcile(shop.till, shop.now)
    shop.join(price, "late@example.org")


def test_a_place_paid_once_is_free_again_when_its_time_is_over(post: Post) -> None:
    shop = post.shop
    [price] = shop.plan(PriceTerms(eur(5000), None, access_days=30), places=1).prices
    post.account.control.pay_session(shop.ref(shop.join(price)))
    post.deliver()
    shop.clock.advance(days=29)
    with pytest.raises(NotForSale):
        shop.join(price, "late@example.org")
    shop.clock.advance(days=1)
    shop.join(price, "late@example.org")


def test_a_place_paid_back_is_free_again(post: Post) -> None:
    shop = post.shop
    [price] = shop.plan(PriceTerms(eur(5000), None), places=1).prices
    post.account.control.pay_session(shop.ref(shop.join(price)))
    post.deliver()
    post.account.control.refund(shop.purchase().payment_ref)
    post.deliver()
    shop.join(price, "late@example.org")


def test_a_place_paid_back_with_a_right_to_stay_is_taken(post: Post) -> None:
    shop = post.shop
    [price] = shop.plan(PriceTerms(eur(5000), None), places=1).prices
    post.account.control.pay_session(shop.ref(shop.join(price)))
    post.deliver()
    with shop.session() as session:
        payment = session.query(Payment).one()
    refund_payment(shop.till, payment, None, closes=False, by="owner", now=shop.now)
    assert shop.hears()
    with pytest.raises(NotForSale):
        shop.join(price, "late@example.org")


def test_after_its_closing_date_a_plan_cannot_be_joined(shop: Shop) -> None:
    [price] = shop.plan(closes_at=shop.now + timedelta(days=1)).prices
    shop.clock.advance(days=1)
    with pytest.raises(NotForSale):
        shop.join(price)
    with shop.session() as session:
        assert plans_on_sale(session, shop.show.id, shop.now) == []


def test_an_archived_plan_keeps_its_members_and_takes_no_new_ones(shop: Shop) -> None:
    plan = shop.plan()
    opened = shop.join(plan.prices[0])
    confirm(shop, shop.ref(opened))
    shop.finish(opened)
    close_plan(shop.till, plan, shop.now)
    assert shop.hears()
    with pytest.raises(NotForSale):
        shop.join(plan.prices[0], "late@example.org")


def test_a_bundle_opens_several_shows_and_tiers(shop: Shop) -> None:
    with shop.session() as session:
        other = build_show(session, shop.now)
        tier = ensure_tier(session, other, "Gold")
        tier_id = tier.id
    plan = shop.plan(opens=[(shop.show, None), (other, tier)])
    opened = shop.join(plan.prices[0])
    confirm(shop, shop.ref(opened))
    shop.finish(opened)
    assert shop.entitlement().scopes == (("show", 0),)
    assert shop.entitlement(show=other).scopes == (("tier", tier_id),)
    assert {feed.show_id for feed in shop.feeds()} == {shop.show.id, other.id}


def test_a_free_plan_gives_a_feed_and_no_members_episodes(shop: Shop) -> None:
    with shop.session() as session:
        plan = create_plan(session, name="Free", opens=[(shop.show, None)], prices=[], now=shop.now)
        member = build_member(session, shop.now, EMAIL)
        join_free(session, shop.till.terms, plan, member.id, shop.now)
        join_free(session, shop.till.terms, plan, member.id, shop.now)
    assert len(shop.feeds()) == 1
    assert not shop.hears()


def test_a_paid_plan_cannot_be_had_for_free(shop: Shop) -> None:
    plan = shop.plan()
    with shop.session() as session:
        member = build_member(session, shop.now, EMAIL)
        with pytest.raises(NotForSale):
            join_free(session, shop.till.terms, session.get_one(Plan, plan.id), member.id, shop.now)


def test_a_price_never_heard_of_is_refused(shop: Shop) -> None:
    with pytest.raises(NoSuchOffer):
        open_checkout(
            shop.till,
            lambda s: membership_basket(s, "' OR 1=1 --", email=EMAIL, now=shop.now),
            Buyer(EMAIL),
            "/",
            shop.now,
        )


def test_prices_say_what_they_cost_for_good(shop: Shop) -> None:
    [price] = shop.plan().prices
    with shop.session() as session:
        session.get_one(Price, price.id).amount = 1
        with pytest.raises(BadOffer, match="cannot be changed"):
            session.flush()
        session.rollback()
