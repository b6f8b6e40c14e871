"""Whatever is done to a subscription, in any order, it stays a thing that makes sense."""

from __future__ import annotations

from contextlib import suppress

import pytest
import stripe
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.stripe_stand_in import StripeError, StripeStandIn
from tests.stripe_stand_in.tests.shapes import check_shape
from tests.stripe_stand_in.tests.shop import price, session

CARDS = st.sampled_from(
    ["4242424242424242", "4000000000000341", "4000002760003184", "4000000000000002"]
)
EXPECTED = (StripeError, stripe.InvalidRequestError, stripe.CardError)


class Life(RuleBasedStateMachine):
    """A few members, three plans; payers, podcaster, bank and time take turns."""

    @initialize()
    def open_the_shop(self) -> None:
        self.account = StripeStandIn().start()
        self.client = self.account.client(max_network_retries=0)
        self.plans = [price(self.client, 500), price(self.client, 2000)]
        self.plans.append(price(self.client, 5000, recurring={"interval": "year"}))

    @rule(card=CARDS, days=st.sampled_from([0, 0, 2, 10]))
    def somebody_subscribes(self, card: str, days: int) -> None:
        trial = {"subscription_data": {"trial_period_days": days}} if days else {}
        made = session(self.client, self.plans[0], **trial)
        with suppress(*EXPECTED):
            self.account.control.pay_session(made.id, card=card)

    def subscriptions(self) -> list[stripe.Subscription]:
        return self.client.v1.subscriptions.list(params={"status": "all"}).data

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.account.control.advance(days=days)

    @rule(to=st.sampled_from([0, 1, 2]), how=st.sampled_from(["none", "always_invoice"]))
    def plan_changes(self, to: int, how: str) -> None:
        for subscription in self.subscriptions():
            item = subscription["items"].data[0]
            with suppress(*EXPECTED):
                self.client.v1.subscriptions.update(
                    subscription.id,
                    params={
                        "items": [{"id": item.id, "price": self.plans[to].id}],
                        "proration_behavior": how,
                    },
                )

    @rule(quantity=st.integers(0, 3))
    def seats_change(self, quantity: int) -> None:
        for subscription in self.subscriptions():
            item = subscription["items"].data[0]
            with suppress(*EXPECTED):
                self.client.v1.subscription_items.update(item.id, params={"quantity": quantity})

    @rule(at_end=st.booleans())
    def cancellation_is_scheduled_or_taken_back(self, at_end: bool) -> None:
        for subscription in self.subscriptions():
            with suppress(*EXPECTED):
                self.client.v1.subscriptions.update(
                    subscription.id, params={"cancel_at_period_end": at_end}
                )

    @rule()
    def it_is_canceled(self) -> None:
        for subscription in self.subscriptions()[:1]:
            with suppress(*EXPECTED):
                self.client.v1.subscriptions.cancel(subscription.id)

    @rule(card=CARDS)
    def the_card_is_replaced(self, card: str) -> None:
        for subscription in self.subscriptions():
            with suppress(*EXPECTED):
                self.account.control.update_card(str(subscription.customer), card)

    @rule()
    def the_trial_ends_now(self) -> None:
        for subscription in self.subscriptions():
            with suppress(*EXPECTED):
                self.client.v1.subscriptions.update(subscription.id, params={"trial_end": "now"})

    @rule(amount=st.integers(1, 600))
    def something_is_refunded(self, amount: int) -> None:
        for charge in self.client.v1.charges.list().data[:1]:
            with suppress(*EXPECTED):
                self.client.v1.refunds.create(params={"charge": charge.id, "amount": amount})

    @rule()
    def the_bank_takes_a_charge_back(self) -> None:
        for charge in self.client.v1.charges.list().data[:1]:
            with suppress(*EXPECTED):
                self.account.control.dispute(charge.id)

    @rule()
    def open_invoices_are_paid(self) -> None:
        for invoice in self.client.v1.invoices.list(params={"status": "open"}).data:
            with suppress(*EXPECTED):
                self.client.v1.invoices.pay(invoice.id)

    @invariant()
    def every_object_has_its_shape(self) -> None:
        if not hasattr(self, "account"):
            return
        for kind in ("subscription", "invoice", "charge", "payment_intent", "customer"):
            for thing in self.account.world.store.all(kind):
                assert check_shape(self.account.control.get(thing["id"])) == []

    @invariant()
    def a_running_subscription_is_inside_its_period(self) -> None:
        if not hasattr(self, "account"):
            return
        now = self.account.world.now()
        for subscription in self.subscriptions():
            item = subscription["items"].data[0]
            assert item.current_period_start < item.current_period_end
            if subscription.status in ("active", "past_due", "trialing"):
                assert item.current_period_start <= now < item.current_period_end

    @invariant()
    def invoices_add_up(self) -> None:
        if not hasattr(self, "account"):
            return
        for invoice in self.client.v1.invoices.list(params={"limit": 100}).data:
            assert invoice.amount_paid + invoice.amount_remaining == invoice.amount_due
            assert invoice.amount_due >= 0
            if invoice.status == "paid":
                assert invoice.amount_remaining == 0

    @invariant()
    def nobody_gets_back_more_than_they_paid(self) -> None:
        if not hasattr(self, "account"):
            return
        for charge in self.account.world.store.all("charge"):
            assert 0 <= charge["amount_refunded"] <= charge["amount"]

    def teardown(self) -> None:
        if hasattr(self, "account"):
            self.account.stop()


TestLife = pytest.mark.slow(Life.TestCase)
TestLife.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
