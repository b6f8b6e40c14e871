"""Memberships through Stripe, from the first payment to the last, as webhooks tell of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from episodes.shows import ensure_tier
from feeds.access import CARD_FAILING, LAPSED
from podcast_server.billing.changes import (
    cancel_subscription,
    change_price,
    move_members,
    portal_link,
    refund_payment,
    reprice_plan,
    resume_subscription,
)
from podcast_server.billing.errors import AmountRefused, ProviderRefused
from podcast_server.billing.models import Payment, Plan
from podcast_server.billing.plans import PriceTerms, membership_basket
from podcast_server.billing.reconcile import reconcile
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, MONTH, YEAR, Shop, eur
from tests.stripe_stand_in import KEY, StripeStandIn

TRIES_ONCE_WITH_BANK = "000123456789"
BOUNCES = "000111111116"


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def at_stripe(post: Post) -> stripe.StripeClient:
    """The podcaster in Stripe's dashboard."""
    return stripe.StripeClient(KEY, base_addresses={"api": post.account.url})


def join(post: Post, email: str = EMAIL, plan: Plan | None = None, **fields: object) -> str:
    """Somebody becomes a member; returns Stripe's id of the subscription."""
    plan = plan or post.shop.plan(**fields)  # type: ignore[arg-type]
    opened = post.shop.join(plan.prices[0], email)
    post.account.control.pay_session(post.shop.ref(opened))
    post.deliver()
    return post.shop.subscription(email).ref


def test_paying_opens_the_feed_by_webhook_alone(post: Post, shop: Shop) -> None:
    [price] = shop.plan().prices
    opened = shop.join(price)
    assert shop.member() is None
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    assert shop.hears()
    assert len(shop.feeds()) == 1


def test_paying_opens_the_feed_by_the_return_page_alone(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.lose()
    done = shop.finish(opened)
    assert (done.state, done.is_newcomer) == ("settled", True)
    assert shop.hears()


def test_webhook_and_return_page_together_give_it_once(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    shop.finish(opened)
    entries = len(shop.ledger())
    post.deliver()
    shop.finish(opened)
    assert len(shop.ledger()) == entries == 1
    assert len(shop.feeds()) == 1


def test_the_return_page_of_somebody_who_did_not_pay_opens_nothing(shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    assert shop.finish(opened).state == "open"
    assert shop.member() is None


@pytest.mark.thorough
def test_a_renewal_goes_on_without_a_gap(post: Post, shop: Shop) -> None:
    join(post)
    for _ in range(70):
        post.let_time_pass(days=1)
        assert shop.hears()
        assert shop.entitlement().notice == ""


def test_late_news_of_a_renewal_is_bridged_by_a_day_and_no_more(post: Post, shop: Shop) -> None:
    join(post)
    end = shop.subscription().period_end
    assert end is not None
    shop.clock.now = end + timedelta(hours=23)
    assert shop.hears()
    shop.clock.now = end + timedelta(hours=25)
    assert not shop.hears()


def test_a_trial_opens_the_feed_and_converts(post: Post, shop: Shop) -> None:
    join(post, trial_days=14)
    assert shop.subscription().status == "trialing"
    assert shop.hears()
    post.let_time_pass(days=15)
    assert shop.subscription().status == "active"
    assert shop.hears()


@pytest.mark.thorough
def test_a_trial_is_for_newcomers(post: Post, shop: Shop) -> None:
    plan = shop.plan(trial_days=14)
    join(post, plan=plan)
    post.account.control.cancel_subscription(shop.subscription().ref)
    post.deliver()
    assert not shop.hears()
    join(post, plan=plan)
    assert shop.subscription().status == "active"


def test_a_failing_card_keeps_access_for_the_grace_with_a_notice(post: Post, shop: Shop) -> None:
    ref = join(post)
    end = shop.subscription().period_end
    assert end is not None
    post.account.control.fail_next_renewal(ref)
    post.let_time_pass(seconds=(end - shop.now).total_seconds() + 7200)
    assert shop.subscription().status == "past_due"
    assert shop.entitlement().notice == CARD_FAILING
    assert shop.hears()
    shop.clock.now = end + timedelta(days=7) - timedelta(minutes=1)
    assert shop.hears()
    shop.clock.now = end + timedelta(days=7)
    assert not shop.hears()
    assert shop.entitlement().notice == LAPSED


@pytest.mark.thorough
def test_a_mended_card_takes_the_notice_away(post: Post, shop: Shop) -> None:
    ref = join(post)
    post.account.control.fail_next_renewal(ref)
    post.let_time_pass(days=31)
    assert shop.entitlement().notice == CARD_FAILING
    post.account.control.mend_card(shop.subscription().customer_ref)
    post.let_time_pass(days=3)
    assert shop.entitlement().notice == ""
    assert shop.hears()


@pytest.mark.thorough
@pytest.mark.parametrize("after_retries", ["cancel", "unpaid", "past_due"])
def test_when_stripe_gives_up_the_feed_is_closed(
    post: Post, shop: Shop, after_retries: str
) -> None:
    post.account.control.settings(after_retries=after_retries)
    ref = join(post)
    post.account.control.fail_next_renewal(ref)
    post.let_time_pass(days=31)
    for _ in range(4):
        post.let_time_pass(days=20)
    assert not shop.hears()
    assert shop.feeds()[0].state == "open"


@pytest.mark.thorough
def test_a_failed_renewal_after_another_does_not_begin_the_grace_anew(
    post: Post, shop: Shop
) -> None:
    post.account.control.settings(after_retries="past_due")
    ref = join(post)
    post.account.control.fail_next_renewal(ref)
    post.let_time_pass(days=31)
    post.let_time_pass(days=31)
    assert shop.subscription().status == "past_due"
    assert not shop.hears()


def test_cancelling_keeps_access_to_the_end_and_says_the_date(post: Post, shop: Shop) -> None:
    join(post)
    cancel_subscription(shop.till, shop.subscription(), at_once=False, by="ada", now=shop.now)
    row = shop.subscription()
    assert row.cancel_at == row.period_end is not None
    shop.clock.now = row.period_end - timedelta(seconds=1)
    assert shop.hears()
    shop.clock.now = row.period_end
    assert not shop.hears()


@pytest.mark.thorough
def test_a_cancellation_in_the_portal_counts_the_same(post: Post, shop: Shop) -> None:
    ref = join(post)
    post.account.control.cancel_in_portal(ref)
    post.deliver()
    row = shop.subscription()
    assert row.cancel_at == row.period_end
    resume_subscription(shop.till, row, by="ada", now=shop.now)
    assert shop.subscription().cancel_at is None
    post.let_time_pass(days=40)
    assert shop.hears()


@pytest.mark.thorough
def test_coming_back_opens_the_same_feed_again(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    ref = join(post, plan=plan)
    [feed] = shop.feeds()
    post.account.control.cancel_subscription(ref)
    post.deliver()
    assert not shop.hears()
    post.let_time_pass(days=90)
    join(post, plan=plan)
    assert shop.hears()
    assert [each.id for each in shop.feeds()] == [feed.id]


def test_a_cancellation_at_once_closes_at_once(post: Post, shop: Shop) -> None:
    ref = join(post)
    post.account.control.cancel_subscription(ref)
    post.deliver()
    assert not shop.hears()


def test_a_bank_debit_counts_when_the_money_has_arrived(post: Post, shop: Shop) -> None:
    [price] = shop.plan(PriceTerms(usd(500), MONTH)).prices
    opened = shop.join(price)
    post.account.control.pay_session(shop.ref(opened), account=TRIES_ONCE_WITH_BANK)
    post.deliver()
    assert shop.subscription().status == "pending"
    assert not shop.hears()
    post.let_time_pass(days=5)
    assert shop.subscription().status == "active"
    assert shop.hears()


@pytest.mark.thorough
def test_a_bank_debit_that_bounces_never_opens_anything(post: Post, shop: Shop) -> None:
    [price] = shop.plan(PriceTerms(usd(500), MONTH)).prices
    opened = shop.join(price)
    post.account.control.pay_session(shop.ref(opened), account=BOUNCES)
    for _ in range(12):
        post.let_time_pass(days=1)
        assert not shop.hears()


def usd(cents: int):  # type: ignore[no-untyped-def]
    from podcast_server.billing.money import Money

    return Money(cents, "usd")


def test_upgrading_opens_the_higher_tier_and_downgrading_closes_it(post: Post, shop: Shop) -> None:
    with shop.session() as session:
        silver, gold = (ensure_tier(session, shop.show, name) for name in ("Silver", "Gold"))
    lower = shop.plan(PriceTerms(eur(500), MONTH), name="Silver", opens=[(shop.show, silver)])
    upper = shop.plan(PriceTerms(eur(1500), MONTH), name="Gold", opens=[(shop.show, gold)])
    join(post, plan=lower)
    assert shop.entitlement().scopes == (("tier", silver.id),)
    change_price(shop.till, shop.subscription(), upper.prices[0].key, by="ada", now=shop.now)
    assert shop.entitlement().scopes == (("tier", gold.id),)
    change_price(shop.till, shop.subscription(), lower.prices[0].key, by="ada", now=shop.now)
    assert shop.entitlement().scopes == (("tier", silver.id),)


def test_an_upgrade_whose_payment_fails_changes_nothing(post: Post, shop: Shop) -> None:
    with shop.session() as session:
        silver, gold = (ensure_tier(session, shop.show, name) for name in ("Silver", "Gold"))
    lower = shop.plan(PriceTerms(eur(500), MONTH), name="Silver", opens=[(shop.show, silver)])
    upper = shop.plan(PriceTerms(eur(1500), MONTH), name="Gold", opens=[(shop.show, gold)])
    join(post, plan=lower)
    post.account.control.fail_card(shop.subscription().customer_ref)
    with pytest.raises(ProviderRefused):
        change_price(shop.till, shop.subscription(), upper.prices[0].key, by="ada", now=shop.now)
    post.deliver()
    assert shop.entitlement().scopes == (("tier", silver.id),)


def test_going_from_monthly_to_yearly(post: Post, shop: Shop) -> None:
    plan = shop.plan(PriceTerms(eur(500), MONTH), PriceTerms(eur(5000), YEAR))
    join(post, plan=plan)
    change_price(shop.till, shop.subscription(), plan.prices[1].key, by="ada", now=shop.now)
    row = shop.subscription()
    assert (row.interval, row.amount) == ("year", 5000)
    assert row.period_end is not None
    assert row.period_end > shop.now + timedelta(days=360)


def test_a_membership_cannot_change_its_currency(post: Post, shop: Shop) -> None:
    other = shop.plan(PriceTerms(usd(500), MONTH), name="Dollars")
    join(post)
    with pytest.raises(AmountRefused, match="EUR"):
        change_price(shop.till, shop.subscription(), other.prices[0].key, by="ada", now=shop.now)


def payment_of(shop: Shop) -> Payment:
    with shop.session() as session:
        [payment] = session.query(Payment).all()
    return payment


def test_a_refund_that_closes_ends_membership_and_access(post: Post, shop: Shop) -> None:
    join(post)
    refund_payment(shop.till, payment_of(shop), None, closes=True, by="owner", now=shop.now)
    assert not shop.hears()
    assert shop.subscription().status == "ended"


def test_a_refund_out_of_kindness_leaves_access(post: Post, shop: Shop) -> None:
    join(post)
    refund_payment(shop.till, payment_of(shop), None, closes=False, by="owner", now=shop.now)
    post.deliver()
    assert shop.hears()
    assert payment_of(shop).refunded == 500


def test_a_refund_in_the_dashboard_follows_the_settings(post: Post, shop: Shop) -> None:
    join(post)
    post.account.control.refund(payment_of(shop).ref)
    post.deliver()
    assert not shop.hears()


def payments_of(shop: Shop) -> list[Payment]:
    with shop.session() as session:
        return list(session.query(Payment).order_by(Payment.id))


def test_a_month_paid_back_after_going_yearly_leaves_the_year(post: Post, shop: Shop) -> None:
    plan = shop.plan(PriceTerms(eur(500), MONTH), PriceTerms(eur(5000), YEAR))
    join(post, plan=plan)
    post.let_time_pass(days=5)
    change_price(shop.till, shop.subscription(), plan.prices[1].key, by="ada", now=shop.now)
    post.deliver()
    month, year = payments_of(shop)
    post.account.control.refund(month.ref)
    post.deliver()
    assert shop.hears()
    post.account.control.refund(year.ref)
    post.deliver()
    assert not shop.hears()


def upgraded(post: Post) -> Payment:
    """Somebody goes up in the middle of a month; what they paid for it."""
    shop = post.shop
    join(post)
    gold = shop.plan(PriceTerms(eur(1500), MONTH), name="Gold")
    post.let_time_pass(days=5)
    change_price(shop.till, shop.subscription(), gold.prices[0].key, by="ada", now=shop.now)
    post.deliver()
    _, paid = payments_of(shop)
    return paid


def test_an_upgrade_paid_back_leaves_what_was_paid_before(post: Post, shop: Shop) -> None:
    upgrade = upgraded(post)
    post.account.control.refund(upgrade.ref)
    post.deliver()
    assert shop.hears()


def test_an_upgrade_taken_back_by_the_bank_closes(post: Post, shop: Shop) -> None:
    upgrade = upgraded(post)
    post.account.control.dispute(upgrade.ref)
    post.deliver()
    assert not shop.hears()


def test_a_partial_refund_closes_nothing(post: Post, shop: Shop) -> None:
    join(post)
    post.account.control.refund(payment_of(shop).ref, 499)
    post.deliver()
    assert shop.hears()
    with pytest.raises(AmountRefused, match=r"at most 0\.01"):
        refund_payment(shop.till, payment_of(shop), eur(2), closes=False, by="owner", now=shop.now)


def test_a_dispute_closes_at_once_and_opens_again_when_it_is_won(post: Post, shop: Shop) -> None:
    join(post)
    dispute = post.account.control.dispute(payment_of(shop).ref)
    post.deliver()
    assert not shop.hears()
    post.account.control.close_dispute(dispute["id"], won=True)
    post.deliver()
    assert shop.hears()


def test_a_lost_dispute_stays_closed_until_the_next_payment(post: Post, shop: Shop) -> None:
    join(post)
    dispute = post.account.control.dispute(payment_of(shop).ref)
    post.account.control.close_dispute(dispute["id"], won=False)
    post.let_time_pass(days=20)
    assert not shop.hears()
    post.let_time_pass(days=20)
    assert shop.hears()


def test_repricing_leaves_old_members_at_their_price(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    price, moved = reprice_plan(
        shop.till,
        plan.id,
        plan.prices[0],
        PriceTerms(eur(700), MONTH),
        move=False,
        by="owner",
        now=shop.now,
    )
    assert moved.moved == 0
    post.let_time_pass(days=40)
    assert shop.subscription().amount == 500
    with shop.session() as session:
        plan = session.get_one(Plan, plan.id)
        assert [p.id for p in plan.prices if p.retired_at is None] == [price.id]


@pytest.mark.thorough
def test_repricing_can_move_old_members_from_their_next_period_on(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    price, moved = reprice_plan(
        shop.till,
        plan.id,
        plan.prices[0],
        PriceTerms(eur(700), MONTH),
        move=True,
        by="owner",
        now=shop.now,
    )
    assert (moved.moved, moved.problems) == (1, [])
    assert shop.subscription().price_id == price.id
    post.let_time_pass(days=40)
    with shop.session() as session:
        assert sorted(p.amount for p in session.query(Payment)) == [500, 700]
    again = move_members(shop.till, plan.prices[0], price, by="owner", now=shop.now)
    assert again.moved == 0


def test_repricing_leaves_to_people_what_they_may_choose(post: Post, shop: Shop) -> None:
    plan = shop.plan(PriceTerms(eur(500), MONTH, minimum=eur(200)))
    for email, chosen in ((EMAIL, None), ("bob@example.org", eur(1234))):
        opened = shop.join(plan.prices[0], email, chosen=chosen)
        post.account.control.pay_session(shop.ref(opened))
        post.deliver()
    new, moved = reprice_plan(
        shop.till,
        plan.id,
        plan.prices[0],
        PriceTerms(eur(600), MONTH),
        move=True,
        by="owner",
        now=shop.now,
    )
    assert (new.amount, new.minimum, moved.moved) == (600, 200, 1)
    assert shop.subscription().amount == 600
    assert shop.subscription("bob@example.org").amount == 1234


def test_the_portal_opens_for_ones_own_card(post: Post, shop: Shop) -> None:
    join(post)
    url = portal_link(shop.till, shop.subscription(), "card", "/me", "en")
    assert url is not None
    assert url.startswith(post.account.url)


def test_pay_what_you_want_bills_what_was_chosen_and_knows_its_plan(post: Post, shop: Shop) -> None:
    plan = shop.plan(PriceTerms(eur(800), MONTH, minimum=eur(300)))
    opened = shop.join(plan.prices[0], chosen=eur(1234))
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    row = shop.subscription()
    assert (row.amount, row.plan_id, row.problem) == (1234, plan.id, "")
    assert shop.hears()


def test_the_buyer_is_who_opened_the_checkout_whatever_they_type_at_stripe(
    post: Post, shop: Shop, account: StripeStandIn
) -> None:
    opened = shop.join(shop.plan().prices[0], "ada@example.org")
    account.control.pay_session(shop.ref(opened), email="somebody.else@example.org")
    post.deliver()
    assert shop.hears("ada@example.org")
    assert shop.member("somebody.else@example.org") is None


def test_a_second_purchase_of_a_signed_in_member_uses_their_customer(
    post: Post, shop: Shop
) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    member = shop.member()
    assert member is not None
    opened = shop.open(
        lambda s: membership_basket(s, plan.prices[0].key, email=EMAIL, now=shop.now),
        member_id=member.id,
    )
    session = post.account.control.get(shop.ref(opened))
    assert session["customer"] == shop.subscription().customer_ref


def join_signed_in(post: Post, plan: Plan) -> None:
    """Somebody who is known already becomes a member, signed in."""
    shop, member = post.shop, post.shop.member()
    assert member is not None
    opened = shop.open(
        lambda s: membership_basket(s, plan.prices[0].key, email=EMAIL, now=shop.now),
        member_id=member.id,
    )
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()


def test_whose_customer_was_deleted_at_stripe_comes_back_as_a_new_one(
    post: Post, shop: Shop
) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    deleted = shop.subscription().customer_ref
    at_stripe(post).v1.customers.delete(deleted)
    post.deliver()
    assert not shop.hears()
    for _ in range(2):
        join_signed_in(post, plan)
        assert shop.hears()
    assert shop.subscription().customer_ref != deleted


def test_a_second_membership_may_be_in_another_currency(post: Post, shop: Shop) -> None:
    join(post)
    euros = shop.subscription()
    join_signed_in(post, shop.plan(PriceTerms(usd(500), MONTH), name="Dollars"))
    dollars = shop.subscription()
    assert (dollars.currency, dollars.status) == ("usd", "active")
    assert dollars.customer_ref != euros.customer_ref


def test_a_stranger_with_a_members_address_never_gets_their_customer(
    post: Post, shop: Shop
) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    opened = shop.join(plan.prices[0])
    assert post.account.control.get(shop.ref(opened))["customer"] is None
    post.account.control.pay_session(shop.ref(opened))
    assert shop.finish(opened).is_newcomer is False


def test_nothing_heard_is_found_by_reconcile(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.lose()
    report = reconcile(shop.till, shop.now)
    assert shop.hears()
    assert any(EMAIL in line for line in report.repaired)
    assert reconcile(shop.till, shop.now).repaired == []


def test_a_part_closes_where_the_podcaster_says_so(post: Post, shop: Shop) -> None:
    join(post)
    refund_payment(shop.till, payment_of(shop), eur(100), closes=True, by="owner", now=shop.now)
    assert not shop.hears()


def test_a_part_out_of_kindness_leaves_the_rest_to_the_settings(post: Post, shop: Shop) -> None:
    join(post)
    refund_payment(shop.till, payment_of(shop), eur(100), closes=False, by="owner", now=shop.now)
    assert shop.hears()
    post.account.control.refund(payment_of(shop).ref, 400)
    post.deliver()
    assert not shop.hears()


def test_a_refund_that_stripe_refuses_changes_nothing(post: Post, shop: Shop) -> None:
    join(post)
    known = payment_of(shop)
    post.account.control.refund(known.ref)  # in the dashboard, and the news of it are lost
    post.lose()
    with pytest.raises(ProviderRefused):
        refund_payment(shop.till, known, eur(100), closes=True, by="owner", now=shop.now)
    assert payment_of(shop).refund_closes is None
