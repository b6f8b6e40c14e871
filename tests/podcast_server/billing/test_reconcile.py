"""The nightly look into the providers' books."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from episodes.models import Show
from feeds.models import Access, Grant, LedgerEntry
from podcast_server.billing.leaving import still_paying
from podcast_server.billing.models import Plan, Subscription
from podcast_server.billing.plans import is_on_sale, set_openings
from podcast_server.billing.reconcile import reconcile
from tests.builders import build_show
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, Shop


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def join(post: Post, email: str = EMAIL, plan: Plan | None = None) -> str:
    opened = post.shop.join((plan or post.shop.plan()).prices[0], email)
    post.account.control.pay_session(post.shop.ref(opened))
    post.deliver()
    return post.shop.subscription(email).ref


def test_with_nothing_to_repair_it_says_so(post: Post, shop: Shop) -> None:
    join(post)
    report = reconcile(shop.till, shop.now)
    assert (report.repaired, report.problems) == ([], [])
    assert report.looked_at >= 2


def test_a_cancellation_nobody_told_us_is_found(post: Post, shop: Shop) -> None:
    ref = join(post)
    post.account.control.cancel_subscription(ref)
    post.lose()
    assert shop.hears()
    report = reconcile(shop.till, shop.now)
    assert not shop.hears()
    assert [line.split(":")[0] for line in report.repaired] == [EMAIL]


def test_a_refund_nobody_told_us_is_found_even_for_an_older_payment(post: Post, shop: Shop) -> None:
    join(post)
    invoice = post.account.control.events("invoice.paid")[0]["data"]["object"]["id"]
    shop.clock.advance(days=20)
    post.account.control.refund(invoice)
    post.lose()
    reconcile(shop.till, shop.now, timedelta(days=2))
    assert not shop.hears()


@pytest.mark.thorough
def test_rights_that_somebody_deleted_come_back(post: Post, shop: Shop) -> None:
    join(post)
    with shop.session() as session:
        session.execute(delete(LedgerEntry))
        session.execute(delete(Access))
        session.execute(delete(Grant))
    assert not shop.hears()
    reconcile(shop.till, shop.now)
    assert shop.hears()


@pytest.mark.thorough
def test_members_follow_when_their_plan_opens_more(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    join(post, plan=plan)
    with shop.session() as session:
        other = build_show(session, shop.now)
        here = session.get_one(Show, shop.show.id)
        set_openings(session.get_one(Plan, plan.id), [(here, None), (other, None)])
    reconcile(shop.till, shop.now)
    assert shop.hears(show=other)
    with shop.session() as session:
        set_openings(session.get_one(Plan, plan.id), [(other, None)])
    reconcile(shop.till, shop.now)
    assert not shop.hears()
    assert shop.hears(show=other)


@pytest.mark.thorough
def test_a_subscription_the_provider_does_not_know_is_reported(post: Post, shop: Shop) -> None:
    join(post)
    with shop.session() as session:
        session.query(Subscription).one().ref = "sub_vanished"
    report = reconcile(shop.till, shop.now)
    assert any("sub_vanished" in line for line in report.problems)


def test_a_subscription_moved_to_a_product_of_somebody_else_is_reported(
    post: Post, shop: Shop
) -> None:
    ref = join(post)
    client = post.account.client()
    product = client.v1.products.create({"name": "Made in the dashboard"})
    price = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
        }
    )
    item = post.account.control.get(ref)["items"]["data"][0]["id"]
    client.v1.subscriptions.update(ref, {"items": [{"id": item, "price": price.id}]})
    post.deliver()
    report = reconcile(shop.till, shop.now)
    assert any(product.id in line for line in report.problems)
    assert shop.hears()


def test_what_others_sell_on_the_account_for_more_than_we_could_stops_nothing(
    post: Post, shop: Shop
) -> None:
    client = post.account.client()
    customer = client.v1.customers.create(
        {"email": "buyer@example.org", "payment_method": "pm_card_visa"}
    )
    product = client.v1.products.create({"name": "A house in Jakarta, by instalments"})
    price = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "idr",
            "unit_amount": 900_000_000_000,
            "recurring": {"interval": "month"},
        }
    )
    card = client.v1.customers.payment_methods.list(customer.id).data[0].id
    client.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "default_payment_method": card,
        }
    )
    post.deliver()
    join(post)
    report = reconcile(shop.till, shop.now)
    assert report.problems == []
    assert report.looked_at > 0
    assert shop.hears()


def test_a_provider_that_is_down_is_reported_and_the_others_are_done(
    post: Post, shop: Shop
) -> None:
    join(post)
    post.account.control.fail_requests(count=10_000, status=503)
    report = reconcile(shop.till, shop.now)
    assert [line.split(":")[0] for line in report.problems] == ["stripe"]
    assert shop.hears()


def test_a_checkout_that_ran_out_is_closed(post: Post, shop: Shop) -> None:
    opened = shop.join(shop.plan(places=1).prices[0])
    shop.clock.advance(days=2)
    reconcile(shop.till, shop.now)
    assert shop.finish(opened).state == "expired"


def test_a_checkout_whose_id_we_never_noted_is_found_by_our_key(post: Post, shop: Shop) -> None:
    """As if we had crashed between asking Stripe and noting its answer."""
    from podcast_server.billing.models import Checkout

    opened = shop.join(shop.plan().prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.lose()
    with shop.session() as session:
        session.query(Checkout).one().ref = ""
    reconcile(shop.till, shop.now)
    assert shop.hears()


@pytest.mark.thorough
def test_many_members_are_walked_page_by_page(post: Post, shop: Shop) -> None:
    plan = shop.plan()
    emails = [f"p{n}@example.org" for n in range(12)]
    for email in emails:
        opened = shop.join(plan.prices[0], email)
        post.account.control.pay_session(shop.ref(opened))
    post.lose()
    import podcast_server.billing.providers.stripe.looking as looking

    whole, looking._PAGE = looking._PAGE, 5
    try:
        reconcile(shop.till, shop.now)
    finally:
        looking._PAGE = whole
    assert all(shop.hears(email) for email in emails)


def test_memberships_of_test_mode_are_over_once_the_account_is_live(post: Post, shop: Shop) -> None:
    plan = shop.plan(places=1)
    opened = shop.join(plan.prices[0])
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    terms = replace(shop.till.terms, realms=frozenset({"stripe:live", "manual"}))
    manual = {"manual": shop.till.providers["manual"]}
    reconcile(replace(shop.till, terms=terms, providers=manual), shop.now)
    assert shop.subscription().status == "ended"
    member = shop.member()
    assert member is not None
    with shop.session() as session:
        assert still_paying(session, member.id) == []
        assert is_on_sale(session, session.get_one(Plan, plan.id), shop.now)
