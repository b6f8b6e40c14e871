"""What every payment provider must do, on each of them alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine

from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.events import (
    CheckoutFact,
    Facts,
    PaymentFact,
    Ref,
    SubscriptionFact,
)
from podcast_server.billing.intervals import Interval, after
from podcast_server.billing.money import Money
from podcast_server.billing.providers.base import (
    Discount,
    Order,
    PaymentProvider,
    PriceTag,
    Product,
    Started,
)
from podcast_server.billing.providers.manual.provider import ManualProvider
from podcast_server.billing.providers.stripe.provider import StripeProvider
from podcast_server.database import session_factory
from tests.conftest import Clock
from tests.stripe_stand_in import KEY, StripeStandIn

MONTH = Interval("month")
FIVE = Money(500, "eur")


class Bench(ABC):
    """A provider, and the world around it that pays or does not."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    provider: PaymentProvider

    @abstractmethod
    def pay(self, started: Started) -> None:
        """The payer pays what the checkout asks."""

    @abstractmethod
    def miss_a_renewal(self, subscription_ref: str) -> None:
        """Time passes to the next period, and nothing is paid for it."""

    @abstractmethod
    def pay_renewal(self, subscription_ref: str) -> None:
        """What is due arrives after all."""

    def order(self, key: str = "order1", **changes: Any) -> Order:
        product = self.provider.publish_product(Product("prod1", "Supporter", "All episodes"))
        price = self.provider.publish_price(PriceTag("price1", product, FIVE, MONTH))
        now = self.clock.now
        values: dict[str, Any] = {
            "key": key,
            "product_ref": product,
            "price_ref": price,
            "each": FIVE,
            "interval": MONTH,
            "quantity": 1,
            "email": "ada@example.org",
            "customer_ref": "",
            "trial_days": 0,
            "coupon_ref": "",
            "first_total": FIVE,
            "locale": "fr",
            "done_url": "https://podcast.test/checkout/done",
            "back_url": "https://podcast.test/",
            "created_at": now,
            "expires_at": now + self.provider.patience(holds_place=False),
        }
        return Order(**(values | changes))

    def once(self, amount: Money = FIVE, key: str = "order1") -> Order:
        return self.order(key, price_ref="", interval=None, each=amount, first_total=amount)

    def join(self, **changes: Any) -> SubscriptionFact:
        """A member who paid."""
        started = self.provider.start_checkout(self.order(**changes))
        self.pay(started)
        ref = self.checkout(started).subscription_ref
        assert ref
        return self.subscription(ref)

    def checkout(self, started: Started) -> CheckoutFact:
        return one(self.provider.look_up(Ref("checkout", started.ref)), CheckoutFact)

    def subscription(self, ref: str) -> SubscriptionFact:
        return one(self.provider.look_up(Ref("subscription", ref)), SubscriptionFact)

    def payment(self, ref: str) -> PaymentFact:
        return one(self.provider.look_up(Ref("payment", ref)), PaymentFact)


T = TypeVar("T")


def one(facts: Facts, kind: type[T]) -> T:
    [found] = [fact for fact in facts if isinstance(fact, kind)]
    return found


class ManualBench(Bench):
    """The podcaster confirms what arrives."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        super().__init__(clock)
        self.manual = ManualProvider(
            session_factory(engine), lambda: clock.now, "http://podcast.test"
        )
        self.provider = self.manual

    def pay(self, started: Started) -> None:
        self.manual.confirm(started.ref)

    def miss_a_renewal(self, subscription_ref: str) -> None:
        self.clock.now = self.subscription(subscription_ref).period_end + timedelta(hours=2)

    def pay_renewal(self, subscription_ref: str) -> None:
        self.manual.confirm(subscription_ref)


class StripeBench(Bench):
    """The stand-in's cards work or fail."""

    def __init__(self, account: StripeStandIn, clock: Clock) -> None:
        super().__init__(clock)
        self.account = account
        self.provider = StripeProvider(KEY, [], lambda: clock.now, account.url)

    def pay(self, started: Started) -> None:
        self.account.control.pay_session(started.ref)

    def miss_a_renewal(self, subscription_ref: str) -> None:
        end = self.subscription(subscription_ref).period_end
        self.account.control.fail_next_renewal(subscription_ref)
        self.clock.now = end + timedelta(hours=2)
        self.account.control.catch_up()

    def pay_renewal(self, subscription_ref: str) -> None:
        subscription = self.account.control.get(subscription_ref)
        self.account.control.mend_card(subscription["customer"])
        self.account.control.retry_invoice(subscription["latest_invoice"])


@pytest.fixture(params=["manual", "stripe"])
def bench(request: pytest.FixtureRequest, engine: Engine, clock: Clock) -> Iterator[Bench]:
    if request.param == "manual":
        yield ManualBench(engine, clock)
        return
    with StripeStandIn(now=clock) as account:
        yield StripeBench(account, clock)


# checking out


def test_a_checkout_waits_to_be_paid_and_is_then_complete(bench: Bench) -> None:
    started = bench.provider.start_checkout(bench.order())
    assert started.url.startswith("http")
    waiting = bench.checkout(started)
    assert (waiting.status, waiting.paid, waiting.subscription_ref) == ("open", False, "")
    bench.pay(started)
    done = bench.checkout(started)
    assert (done.status, done.paid, done.order_key) == ("complete", True, "order1")
    assert done.realm == bench.provider.realm


def test_starting_the_same_checkout_twice_starts_it_once(bench: Bench) -> None:
    order = bench.order()
    assert bench.provider.start_checkout(order) == bench.provider.start_checkout(order)


def test_publishing_twice_publishes_once(bench: Bench) -> None:
    product = Product("prod9", "Bundle")
    ref = bench.provider.publish_product(product)
    assert bench.provider.publish_product(product) == ref
    tag = PriceTag("price9", ref, FIVE, None)
    assert bench.provider.publish_price(tag) == bench.provider.publish_price(tag)


def test_a_checkout_nobody_paid_expires(bench: Bench) -> None:
    started = bench.provider.start_checkout(bench.order())
    bench.clock.now += bench.provider.patience(holds_place=False) + timedelta(minutes=1)
    assert bench.checkout(started).status == "expired"


def test_what_the_provider_does_not_know_has_no_facts(bench: Bench) -> None:
    for ref in (
        Ref("checkout", "cs_test_nothing"),
        Ref("subscription", "sub_nothing"),
        Ref("payment", "pi_nothing"),
        Ref("invoice", "in_nothing"),
        Ref("checkout_of", "sub_nothing"),
    ):
        assert not bench.provider.look_up(ref), ref


def test_a_single_sale_is_paid_by_one_payment(bench: Bench) -> None:
    started = bench.provider.start_checkout(bench.once(Money(1250, "eur")))
    bench.pay(started)
    done = bench.checkout(started)
    assert (done.paid, done.subscription_ref) == (True, "")
    paid = bench.payment(done.payment_ref)
    assert (paid.status, paid.amount, paid.refunded) == ("paid", Money(1250, "eur"), 0)
    assert paid.covers_until is None


@pytest.mark.parametrize("money", [Money(500, "jpy"), Money(2340, "kwd"), Money(700, "isk")])
def test_currencies_without_or_with_three_decimals_arrive_as_they_left(
    bench: Bench, money: Money
) -> None:
    started = bench.provider.start_checkout(bench.once(money))
    bench.pay(started)
    assert bench.payment(bench.checkout(started).payment_ref).amount == money


def test_the_checkout_behind_a_subscription_or_a_payment_can_be_found(bench: Bench) -> None:
    subscription = bench.join()
    found = one(bench.provider.look_up(Ref("checkout_of", subscription.ref)), CheckoutFact)
    assert found.order_key == "order1"
    started = bench.provider.start_checkout(bench.once(key="order2"))
    bench.pay(started)
    payment_ref = bench.checkout(started).payment_ref
    found = one(bench.provider.look_up(Ref("checkout_of", payment_ref)), CheckoutFact)
    assert found.order_key == "order2"


# subscriptions


def test_what_a_payer_subscribes_to_is_found_by_the_payer(bench: Bench) -> None:
    subscription = bench.join()
    payer = Ref("customer", subscription.customer_ref)
    assert one(bench.provider.look_up(payer), SubscriptionFact).ref == subscription.ref
    bench.provider.cancel_subscription(subscription.ref, at_once=True)
    assert not bench.provider.look_up(payer)
    assert not bench.provider.look_up(Ref("customer", "cus_nobody"))


def test_a_paid_subscription_is_active_for_its_period(bench: Bench) -> None:
    begun = bench.clock.now
    fact = bench.join(quantity=3, first_total=FIVE.times(3))
    assert (fact.status, fact.order_key, fact.cancel_at) == ("active", "order1", None)
    assert fact.period_end == after(begun, MONTH)
    assert (fact.line.each, fact.line.interval, fact.line.quantity) == (FIVE, MONTH, 3)
    assert fact.line.price_ref == bench.order().price_ref


def test_an_amount_the_payer_chose_is_what_is_billed(bench: Bench) -> None:
    fact = bench.join(price_ref="", each=Money(777, "eur"), first_total=Money(777, "eur"))
    assert fact.line.each == Money(777, "eur")
    assert fact.line.product_ref == bench.order().product_ref


def test_a_trial_comes_before_the_money(bench: Bench) -> None:
    begun = bench.clock.now
    started = bench.provider.start_checkout(bench.order(trial_days=14))
    if isinstance(bench, StripeBench):
        bench.pay(started)
    done = bench.checkout(started)
    assert (done.status, done.paid) == ("complete", True)
    fact = bench.subscription(done.subscription_ref)
    assert (fact.status, fact.trial_end) == ("trialing", begun + timedelta(days=14))
    assert fact.period_end == fact.trial_end


def test_a_missed_renewal_is_past_due_since_the_period_ended(bench: Bench) -> None:
    before = bench.join()
    bench.miss_a_renewal(before.ref)
    fact = bench.subscription(before.ref)
    assert (fact.status, fact.past_due_since) == ("past_due", before.period_end)
    bench.pay_renewal(before.ref)
    fact = bench.subscription(before.ref)
    assert (fact.status, fact.past_due_since) == ("active", None)
    assert fact.period_end == after(before.period_end, MONTH)


def test_cancelling_keeps_it_to_the_periods_end_and_can_be_taken_back(bench: Bench) -> None:
    fact = bench.join()
    bench.provider.cancel_subscription(fact.ref, at_once=False)
    bench.provider.cancel_subscription(fact.ref, at_once=False)
    planned = bench.subscription(fact.ref)
    assert (planned.status, planned.cancel_at) == ("active", fact.period_end)
    bench.provider.resume_subscription(fact.ref)
    assert bench.subscription(fact.ref).cancel_at is None
    bench.provider.cancel_subscription(fact.ref, at_once=False)
    bench.clock.now = fact.period_end + timedelta(seconds=1)
    if isinstance(bench, StripeBench):
        bench.account.control.catch_up()
    over = bench.subscription(fact.ref)
    assert (over.status, over.ended_at) == ("ended", fact.period_end)


def test_cancelling_at_once_ends_it_now_and_twice_is_fine(bench: Bench) -> None:
    fact = bench.join()
    bench.clock.advance(days=3)
    bench.provider.cancel_subscription(fact.ref, at_once=True)
    bench.provider.cancel_subscription(fact.ref, at_once=True)
    over = bench.subscription(fact.ref)
    assert (over.status, over.ended_at) == ("ended", bench.clock.now)


def test_the_number_can_change_with_the_next_bill(bench: Bench) -> None:
    fact = bench.join(quantity=5, first_total=FIVE.times(5))
    bench.provider.change_subscription(fact.ref, key="c1", quantity=3, charge_now=False)
    bench.provider.change_subscription(fact.ref, key="c1", quantity=3, charge_now=False)
    assert bench.subscription(fact.ref).line.quantity == 3


# money going back


def test_a_refund_in_two_parts_shows_on_the_payment(bench: Bench) -> None:
    started = bench.provider.start_checkout(bench.once())
    bench.pay(started)
    ref = bench.checkout(started).payment_ref
    bench.provider.refund(ref, Money(200, "eur"), key="r1")
    assert bench.payment(ref).refunded == 200
    bench.provider.refund(ref, None, key="r2")
    assert bench.payment(ref).refunded == 500
    with pytest.raises(ProviderRefused):
        bench.provider.refund(ref, None, key="r3")


def test_more_than_was_paid_cannot_go_back(bench: Bench) -> None:
    started = bench.provider.start_checkout(bench.once())
    bench.pay(started)
    with pytest.raises(ProviderRefused):
        bench.provider.refund(bench.checkout(started).payment_ref, Money(501, "eur"), key="r1")


def test_a_subscriptions_payment_says_which_period_it_covers(bench: Bench) -> None:
    fact = bench.join()
    payments = [
        each
        for facts in bench.provider.walk(bench.clock.now - timedelta(days=1))
        for each in facts
        if isinstance(each, PaymentFact)
    ]
    assert [each.subscription_ref for each in payments] == [fact.ref]
    assert payments[0].covers_until == fact.period_end
    assert payments[0].covers_from == bench.clock.now


# the rest


def test_walking_meets_every_subscription_whatever_its_age(bench: Bench) -> None:
    living, ended = bench.join(), bench.join(key="order2", email="b@example.org")
    bench.provider.cancel_subscription(ended.ref, at_once=True)
    met = {
        each.ref: each.status
        for facts in bench.provider.walk(bench.clock.now + timedelta(days=1))
        for each in facts
        if isinstance(each, SubscriptionFact)
    }
    assert met == {living.ref: "active", ended.ref: "ended"}


def test_a_coupon_takes_something_off_the_first_payment(bench: Bench) -> None:
    coupon = bench.provider.publish_coupon(
        Discount("coupon1", "HALF", 50, None, "once", None, None, None)
    )
    started = bench.provider.start_checkout(
        bench.order(coupon_ref=coupon, first_total=Money(250, "eur"))
    )
    bench.pay(started)
    assert bench.checkout(started).total == Money(250, "eur")
    bench.provider.retire_coupon(coupon)


def test_the_account_can_be_checked(bench: Bench) -> None:
    assert bench.provider.check("http://podcast.test")
