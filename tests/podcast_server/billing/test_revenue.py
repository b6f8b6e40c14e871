"""Recurring revenue by month, in worlds small enough to count by hand. Now is 1 June, noon."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.billing.models import Payment, Plan, Subscription, SubscriptionTerms
from podcast_server.billing.plans import create_plan
from podcast_server.billing.revenue import months_of_revenue
from podcast_server.services import Services
from tests.builders import build_member, build_show

pytestmark = pytest.mark.both_databases
_numbers = itertools.count(1)


def day(text: str) -> datetime:
    """A moment in 2026: "05-31" or "05-31T23:59"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@dataclass
class World:
    """One show with one plan."""

    session: Session
    show: Show
    plan: Plan
    now: datetime

    def subscribe(
        self,
        starts_at: datetime,
        ends_at: datetime | None = None,
        *,
        amount: int = 500,
        currency: str = "eur",
        interval: str = "month",
        every: int = 1,
        realm: str = "manual",
    ) -> Subscription:
        """Somebody who paid on these terms in this time."""
        subscription = Subscription(
            realm=realm,
            ref=f"sub{next(_numbers)}",
            purpose="membership",
            member_id=build_member(self.session, self.now).id,
            plan_id=self.plan.id,
            amount=amount,
            currency=currency,
            interval=interval,
            interval_count=every,
            started_at=starts_at,
        )
        self.session.add(subscription)
        self.session.flush()
        self.terms(subscription, starts_at, ends_at, amount)
        return subscription

    def terms(
        self, subscription: Subscription, starts_at: datetime, ends_at: datetime | None, amount: int
    ) -> None:
        terms = SubscriptionTerms(
            subscription_id=subscription.id,
            plan_id=self.plan.id,
            amount=amount,
            currency=subscription.currency,
            interval=subscription.interval,
            interval_count=subscription.interval_count,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        self.session.add(terms)
        self.session.flush()

    def pay(
        self,
        subscription: Subscription,
        covers_from: datetime,
        days: int,
        *,
        refunded: int = 0,
        disputed: bool = False,
    ) -> None:
        payment = Payment(
            realm=subscription.realm,
            ref=f"pay{next(_numbers)}",
            member_id=subscription.member_id,
            subscription_id=subscription.id,
            status="paid",
            amount=subscription.amount,
            refunded=refunded,
            currency=subscription.currency,
            disputed=disputed,
            paid_at=covers_from,
            covers_from=covers_from,
            covers_until=covers_from + timedelta(days=days),
            as_of=self.now,
        )
        self.session.add(payment)
        self.session.flush()

    def revenue(self, count: int = 4, *, play_money: bool = True) -> dict[str, list[int]]:
        found = months_of_revenue(
            self.session, self.show.id, self.now, play_money=play_money, count=count
        )
        return {currency: [each.amount for each in months] for currency, months in found.items()}


@pytest.fixture
def world(services: Services, now: datetime) -> Iterator[World]:
    with services.sessions() as session:
        show = build_show(session, now)
        plan = create_plan(session, name="Supporter", opens=[(show, None)], prices=[], now=now)
        yield World(session, show, plan, now)


def test_a_subscription_counts_at_the_end_of_every_month_that_it_runs(world: World) -> None:
    world.subscribe(day("04-30T23:59"))
    world.subscribe(day("03-10"), day("05-31T23:59"))
    world.subscribe(day("04-03"), day("04-20"))
    assert world.revenue() == {"eur": [500, 1000, 500, 500]}


def test_yearly_payments_count_a_twelfth_and_sums_are_rounded_once(world: World) -> None:
    for _ in range(12):
        world.subscribe(day("04-01"), amount=5000, interval="year")
    world.subscribe(day("05-02"), amount=1800, every=3)
    assert world.revenue() == {"eur": [0, 5000, 5600, 5600]}


def test_each_currency_is_summed_on_its_own(world: World) -> None:
    world.subscribe(day("04-01"), amount=700, currency="usd")
    world.subscribe(day("05-01"))
    world.subscribe(day("05-01"))
    assert world.revenue() == {"eur": [0, 0, 1000, 1000], "usd": [0, 700, 700, 700]}
    assert list(world.revenue()) == ["eur", "usd"]


def test_a_change_of_price_leaves_the_past_as_it_was(world: World) -> None:
    subscription = world.subscribe(day("03-10"), day("05-12"))
    world.terms(subscription, day("05-12"), None, 900)
    assert world.revenue() == {"eur": [500, 500, 900, 900]}


def test_a_period_that_was_paid_back_brought_nothing(world: World) -> None:
    subscription = world.subscribe(day("03-10"))
    world.pay(subscription, day("03-10"), 31)
    world.pay(subscription, day("04-10"), 30, refunded=500)
    world.pay(subscription, day("05-10"), 31, refunded=200)  # a part: it still is paid
    assert world.revenue() == {"eur": [500, 0, 500, 500]}


def test_one_of_two_payments_for_a_period_paid_back_leaves_the_other(world: World) -> None:
    subscription = world.subscribe(day("05-10"), amount=6000, interval="year")
    world.pay(subscription, day("05-01"), 31, refunded=6000)  # the month before going yearly
    world.pay(subscription, day("05-10"), 365)
    assert world.revenue() == {"eur": [0, 0, 500, 500]}


def test_what_the_bank_took_back_brought_nothing_and_is_taken_off_once(world: World) -> None:
    world.subscribe(day("03-01"))
    subscription = world.subscribe(day("05-10"), amount=6000, interval="year")
    world.pay(subscription, day("05-10"), 365, disputed=True)
    world.pay(subscription, day("05-11"), 364, refunded=6000)
    assert world.revenue() == {"eur": [500, 500, 500, 500]}


def test_play_money_counts_until_real_money_does(world: World) -> None:
    world.subscribe(day("03-01"), realm="stripe:test")
    world.subscribe(day("05-01"), realm="stripe:live", amount=800)
    assert world.revenue() == {"eur": [500, 500, 1300, 1300]}
    assert world.revenue(play_money=False) == {"eur": [0, 0, 800, 800]}


def test_another_shows_subscriptions_do_not_count(world: World) -> None:
    other = build_show(world.session, world.now)
    world.plan = create_plan(
        world.session, name="Other", opens=[(other, None)], prices=[], now=world.now
    )
    world.subscribe(day("03-01"))
    assert world.revenue() == {}
