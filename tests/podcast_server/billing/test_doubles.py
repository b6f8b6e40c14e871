"""The same plan twice: which of the two stays, and what is written about the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from feeds.grants import Cause
from podcast_server.accounts.erase import erase_member
from podcast_server.accounts.models import Member
from podcast_server.billing.changes import cancel_subscription
from podcast_server.billing.doubles import undo_doubles
from podcast_server.billing.leaving import forget_payer
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.models import Payment, Plan, Subscription
from podcast_server.billing.plans import membership_basket
from podcast_server.mail.models import OutgoingMail
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, Shop


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def join(post: Post, plan: Plan) -> Subscription:
    """Somebody joins, not signed in."""
    opened = post.shop.join(plan.prices[0])
    post.account.control.pay_session(post.shop.ref(opened))
    post.deliver()
    return post.shop.subscription()


def statuses(shop: Shop) -> list[str]:
    with shop.session() as session:
        rows = session.scalars(select(Subscription).order_by(Subscription.id))
        return [each.status for each in rows]


def letters(shop: Shop) -> list[str]:
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    with shop.session() as session:
        return list(session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.id)))


def test_who_cancelled_and_joins_again_has_come_back(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    first = join(post, plan)
    letters(shop)
    cancel_subscription(shop.till, first, at_once=False, by="ada", now=shop.now)
    post.let_time_pass(days=20)
    join(post, plan)
    assert undo_doubles(shop.till, shop.now) == 0
    assert letters(shop) == ["welcome", "welcome"]
    post.let_time_pass(days=11)
    assert statuses(shop) == ["ended", "active"]
    assert shop.hears()
    assert letters(shop) == ["welcome", "welcome"]


def test_who_joins_again_with_another_card_is_not_charged_for_the_failing_one(
    post: Post, shop: Shop
) -> None:
    plan = shop.plan()
    first = join(post, plan)
    post.account.control.fail_next_renewal(first.ref)
    post.let_time_pass(days=31)
    assert shop.subscription().status == "past_due"
    join(post, plan)
    assert undo_doubles(shop.till, shop.now) == 1
    assert undo_doubles(shop.till, shop.now) == 0
    assert statuses(shop) == ["ended", "active"]
    assert shop.hears()
    assert "ended" not in letters(shop)


def test_play_money_of_before_undoes_no_real_membership(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    join(post, plan)
    second = join(post, plan)
    with shop.session() as session:
        session.get_one(Subscription, second.id).realm = "stripe:live"
    live = replace(shop.till, providers={"stripe:live": shop.till.selling})
    assert undo_doubles(live, shop.now) == 0


def test_what_is_paid_after_the_account_was_deleted_is_paid_back(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    cancel_subscription(shop.till, join(post, plan), at_once=True, by="ada", now=shop.now)
    member = shop.member()
    assert member is not None
    price = plan.prices[0]
    opened = shop.open(
        lambda s: membership_basket(s, price.key, email=EMAIL, now=shop.now), member_id=member.id
    )
    with shop.session() as session:
        forget_payer(session, member.id, shop.now)
        who = session.get_one(Member, member.id)
        erase_member(session, who, cause=Cause("member", "account deleted"), now=shop.now)
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    assert undo_doubles(shop.till, shop.now) == 1
    assert undo_doubles(shop.till, shop.now) == 0
    assert statuses(shop) == ["ended", "ended"]
    with shop.session() as session:
        newest = session.scalars(select(Payment).order_by(Payment.id.desc())).first()
    assert newest is not None
    assert newest.refunded == newest.amount == 500
