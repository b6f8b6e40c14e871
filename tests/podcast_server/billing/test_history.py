"""What is written down of plans and terms while people join, change, pay back and leave."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from podcast_server.billing.changes import cancel_subscription, change_price, refund_payment
from podcast_server.billing.comps import give_comp
from podcast_server.billing.gifts import code_of, find_gift, gift_basket, redeem_gift
from podcast_server.billing.models import Gift, Payment, Plan, PlanStay, SubscriptionTerms
from podcast_server.billing.numbers import months_of_plans
from podcast_server.billing.plans import PriceTerms
from podcast_server.billing.revenue import months_of_revenue
from tests.builders import build_member
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, MONTH, YEAR, Shop, eur


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def join(post: Post, plan: Plan, email: str = EMAIL) -> None:
    opened = post.shop.join(plan.prices[0], email)
    post.account.control.pay_session(post.shop.ref(opened))
    post.deliver()


def terms_of(shop: Shop) -> list[tuple[int, str, datetime, datetime | None]]:
    """Amount, interval and time of all that was paid, in order."""
    with shop.session() as session:
        rows = session.scalars(select(SubscriptionTerms).order_by(SubscriptionTerms.id))
        return [(row.amount, row.interval, row.starts_at, row.ends_at) for row in rows]


def revenue(shop: Shop, count: int = 2) -> dict[str, list[int]]:
    with shop.session() as session:
        found = months_of_revenue(session, shop.show.id, shop.now, play_money=True, count=count)
    return {currency: [month.amount for month in months] for currency, months in found.items()}


def members(shop: Shop, count: int = 2) -> dict[str, list[tuple[int, int, int]]]:
    """New, lost and members of each plan in each of the last months."""
    with shop.session() as session:
        found = months_of_plans(session, shop.show.id, shop.now, count)
    return {plan.name: [(m.new, m.lost, m.members) for m in plan.months] for plan in found}


def test_renewals_go_on_with_the_same_terms(post: Post, shop: Shop) -> None:
    begun = shop.now
    join(post, shop.plan())
    post.let_time_pass(days=40)
    assert terms_of(shop) == [(500, "month", begun, None)]
    assert members(shop) == {"Supporter": [(1, 0, 1), (0, 0, 1)]}
    assert revenue(shop) == {"eur": [500, 500]}


@pytest.mark.thorough
def test_a_change_of_plan_closes_the_old_terms_and_opens_new_ones(post: Post, shop: Shop) -> None:
    mate = shop.plan(name="Mate")
    captain = shop.plan(PriceTerms(eur(12_000), YEAR), name="Captain")
    begun = shop.now
    join(post, mate)
    post.let_time_pass(days=35)
    changed = shop.now
    change_price(shop.till, shop.subscription(), captain.prices[0].key, by="ada", now=changed)
    post.deliver()
    assert terms_of(shop) == [
        (500, "month", begun, changed),
        (12_000, "year", changed, None),
    ]
    assert members(shop) == {
        "Mate": [(1, 0, 1), (0, 1, 0)],
        "Captain": [(0, 0, 0), (1, 0, 1)],
    }
    assert revenue(shop) == {"eur": [500, 1000]}


@pytest.mark.thorough
def test_leaving_ends_the_terms_and_the_stay(post: Post, shop: Shop) -> None:
    begun = shop.now
    join(post, shop.plan())
    post.let_time_pass(days=35)
    cancel_subscription(shop.till, shop.subscription(), at_once=True, by="ada", now=shop.now)
    post.deliver()
    assert terms_of(shop) == [(500, "month", begun, shop.now)]
    assert members(shop) == {"Supporter": [(1, 0, 1), (0, 1, 0)]}
    assert revenue(shop) == {"eur": [500, 0]}


def test_a_trial_makes_a_member_and_no_revenue_before_it_is_over(post: Post, shop: Shop) -> None:
    begun = shop.now
    join(post, shop.plan(trial_days=14))
    assert terms_of(shop) == []
    assert members(shop, 1) == {"Supporter": [(1, 0, 1)]}
    post.let_time_pass(days=15)
    [(amount, _, starts_at, ends_at)] = terms_of(shop)
    assert (amount, ends_at) == (500, None)
    assert abs(starts_at - begun - timedelta(days=14)) < timedelta(minutes=1)


@pytest.mark.thorough
def test_a_refund_that_closes_takes_member_and_revenue_away(post: Post, shop: Shop) -> None:
    join(post, shop.plan())
    post.let_time_pass(days=2)
    with shop.session() as session:
        payment = session.scalars(select(Payment)).one()
    refund_payment(shop.till, payment, None, closes=True, by="owner", now=shop.now)
    post.deliver()
    assert members(shop, 1) == {"Supporter": [(1, 1, 0)]}
    assert revenue(shop, 1) == {}


def test_a_redeemed_gift_is_a_member_of_its_plan_and_no_recurring_revenue(
    post: Post, shop: Shop
) -> None:
    price = shop.plan(PriceTerms(eur(500), MONTH)).prices[0]
    opened = shop.open(lambda s: gift_basket(s, price.key, times=3, now=shop.now))
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    assert members(shop, 1) == {}
    with shop.session() as session:
        code = code_of(session.query(Gift).one(), shop.till.terms)
        bob = build_member(session, shop.now, "bob@example.org")
        redeem_gift(session, shop.till.terms, find_gift(session, code), bob.id, shop.now)
    assert members(shop, 1) == {"Supporter": [(1, 0, 1)]}
    assert revenue(shop, 1) == {}


def test_a_given_membership_stands_with_its_plan_until_it_ends(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    with shop.session() as session:
        bob = build_member(session, shop.now, "bob@example.org")
        ends = shop.now + timedelta(days=10)
        give_comp(
            session, shop.till.terms, bob.id, session.get_one(Plan, plan.id),
            ends_at=ends, reason="press", by="owner", now=shop.now,
        )  # fmt: skip
        stay = session.scalars(select(PlanStay)).one()
        assert (stay.member_id, stay.plan_id, stay.ends_at) == (bob.id, plan.id, ends)
    shop.clock.advance(days=31)
    assert members(shop) == {"Supporter": [(1, 1, 0), (0, 0, 0)]}
