"""Payments by hand: promised, confirmed, renewed, missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feeds.access import CARD_FAILING
from feeds.grants import Cause
from podcast_server.billing.changes import cancel_subscription, refund_payment
from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.events import Ref
from podcast_server.billing.intervals import after
from podcast_server.billing.models import Payment
from podcast_server.billing.providers.manual.provider import ManualProvider, open_orders
from podcast_server.billing.reconcile import reconcile
from podcast_server.billing.settle import settle
from tests.podcast_server.billing.shop import MONTH, Shop, eur


def books(shop: Shop) -> ManualProvider:
    provider = shop.till.providers["manual"]
    assert isinstance(provider, ManualProvider)
    return provider


def confirm(shop: Shop, ref: str, **more: object) -> None:
    """What the podcaster's click does."""
    books(shop).confirm(ref, **more)  # type: ignore[arg-type]
    settle(shop.till, "manual", Ref("checkout", ref), Cause("owner"), shop.now)


def join(shop: Shop, **fields: object) -> str:
    opened = shop.join(shop.plan(**fields).prices[0])  # type: ignore[arg-type]
    ref = shop.ref(opened)
    confirm(shop, ref)
    return ref


def waiting(shop: Shop) -> list[str]:
    with shop.session() as session:
        return [order.ref for order in open_orders(session, shop.now)]


def test_a_promise_opens_nothing_until_the_podcaster_confirms_it(shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    assert opened.url.endswith(f"/pay/{shop.ref(opened)}")
    assert shop.finish(opened).state == "open"
    assert waiting(shop) == [shop.ref(opened)]
    confirm(shop, shop.ref(opened))
    assert shop.hears()
    assert waiting(shop) == []


def test_each_confirmation_opens_one_more_period(shop: Shop) -> None:
    begun = shop.now
    ref = join(shop)
    shop.clock.advance(days=20)
    confirm(shop, ref)
    assert shop.subscription().period_end == after(begun, MONTH, 2)
    shop.clock.now = after(begun, MONTH, 2) - timedelta(hours=1)
    assert shop.hears()


def test_an_unpaid_period_shows_the_notice_and_then_closes(shop: Shop) -> None:
    ref = join(shop)
    end = shop.subscription().period_end
    assert end is not None
    shop.clock.now = end + timedelta(hours=12)
    reconcile(shop.till, shop.now)
    assert shop.entitlement().notice == CARD_FAILING
    assert waiting(shop) == [ref]
    shop.clock.now = end + timedelta(days=7)
    assert not shop.hears()


def test_paying_late_begins_with_the_payment_and_paying_a_little_late_does_not(
    shop: Shop,
) -> None:
    ref = join(shop)
    first_end = shop.subscription().period_end
    assert first_end is not None
    shop.clock.now = first_end + timedelta(days=3)
    confirm(shop, ref)
    assert shop.subscription().period_end == after(first_end, MONTH)
    shop.clock.now = after(first_end, MONTH) + timedelta(days=60)
    confirm(shop, ref)
    assert shop.subscription().period_end == after(shop.now, MONTH)
    assert shop.hears()


def test_a_trial_by_hand_needs_no_confirmation_and_ends_with_the_trial(shop: Shop) -> None:
    opened = shop.join(shop.plan(trial_days=14).prices[0])
    assert shop.finish(opened).state == "settled"
    assert shop.hears()
    shop.clock.advance(days=14, seconds=1)
    reconcile(shop.till, shop.now)
    assert not shop.hears()


def test_paying_during_a_trial_counts_from_its_end(shop: Shop) -> None:
    opened = shop.join(shop.plan(trial_days=14).prices[0])
    trial_end = shop.now + timedelta(days=14)
    shop.finish(opened)
    shop.clock.advance(days=2)
    confirm(shop, shop.ref(opened))
    assert shop.subscription().period_end == after(trial_end, MONTH)


def test_what_arrived_may_differ_and_is_written_down_as_it_came(shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    confirm(shop, shop.ref(opened), amount=eur(450), note="cash at the concert")
    with shop.session() as session:
        assert [p.amount for p in session.query(Payment)] == [450]


def test_a_single_sale_is_confirmed_once(shop: Shop) -> None:
    from podcast_server.billing.plans import PriceTerms

    opened = shop.join(shop.plan(PriceTerms(eur(8000), None)).prices[0])
    confirm(shop, shop.ref(opened))
    shop.clock.advance(days=3000)
    assert shop.hears()
    with pytest.raises(ProviderRefused):
        confirm(shop, shop.ref(opened))


def test_an_unknown_reference_is_refused(shop: Shop) -> None:
    with pytest.raises(ProviderRefused, match="NOTHING"):
        books(shop).confirm("nothing")


def test_the_reference_is_read_in_any_case(shop: Shop) -> None:
    opened = shop.join(shop.plan().prices[0])
    books(shop).confirm(f" {shop.ref(opened).lower()} ")


def test_cancelled_by_hand_it_lasts_to_the_end_of_what_was_paid(shop: Shop) -> None:
    join(shop)
    end = shop.subscription().period_end
    assert end is not None
    cancel_subscription(shop.till, shop.subscription(), at_once=False, by="ada", now=shop.now)
    shop.clock.now = end - timedelta(seconds=1)
    assert shop.hears()
    shop.clock.now = end
    assert not shop.hears()


def test_money_given_back_by_hand_can_end_the_membership(shop: Shop) -> None:
    join(shop)
    with shop.session() as session:
        [payment] = session.query(Payment).all()
    refund_payment(shop.till, payment, None, closes=True, by="owner", now=shop.now)
    assert not shop.hears()
    assert shop.subscription().status == "ended"


def test_a_coupon_by_hand_makes_the_first_payment_smaller(shop: Shop) -> None:
    from podcast_server.billing.coupons import create_coupon

    with shop.session() as session:
        create_coupon(session, code="harbour25", percent=25, now=shop.now)
    opened = shop.join(shop.plan().prices[0], code=" Harbour25 ")
    ref = shop.ref(opened)
    confirm(shop, ref)
    shop.clock.advance(days=20)
    confirm(shop, ref)
    with shop.session() as session:
        assert [p.amount for p in session.query(Payment)] == [375, 500]


def test_with_nothing_to_pay_nobody_has_to_confirm(shop: Shop) -> None:
    from podcast_server.billing.coupons import create_coupon

    with shop.session() as session:
        create_coupon(session, code="GIFTED", percent=100, now=shop.now)
    opened = shop.join(shop.plan().prices[0], code="GIFTED")
    assert shop.finish(opened).state == "settled"
    assert shop.hears()
