"""Whatever happens at the provider, and however badly its post works: access is what was paid.

A machine does random things at Stripe's side (pay, fail, mend, cancel, refund, dispute, change
plans, let time pass) and at the post's (lose, double, delay, shuffle). A simple oracle reads
Stripe's own state. When all post has arrived, or after reconcile, access must be the same.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from episodes.shows import ensure_tier
from podcast_server.billing.inbox import work_off_events
from podcast_server.billing.plans import PriceTerms
from podcast_server.billing.providers.stripe.provider import StripeProvider
from podcast_server.billing.reconcile import reconcile
from podcast_server.database import open_engine
from tests.builders import build_show
from tests.conftest import Clock
from tests.migrated import migrated_database
from tests.podcast_server.billing.post import Letter
from tests.podcast_server.billing.shop import MONTH, Shop, eur, open_shop
from tests.stripe_stand_in import KEY, StripeStandIn

PEOPLE = ("ada@example.org", "bob@example.org", "carol@example.org")
GRACE = timedelta(days=7)


def fresh_database(folder: Path) -> Path:
    """A migrated database."""
    path = folder / "test.sqlite3"
    path.write_bytes(migrated_database())
    return path


class Money(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.engine = open_engine(f"sqlite:///{fresh_database(self.folder)}")
        self.account = StripeStandIn(now=self.clock).start()
        secret = self.account.send_webhooks_to("http://127.0.0.1:9/hook")
        self.account.control.webhooks(hold=True)
        self.control = self.account.control
        self.provider = StripeProvider(KEY, [secret], lambda: self.clock.now, self.account.url)
        self.underway: list[Letter] = []
        self.lost = False
        self.disputes: list[str] = []

    @initialize(giving_up=st.sampled_from(["cancel", "unpaid", "past_due"]))
    def open_the_shop(self, giving_up: str) -> None:
        from sqlalchemy.orm import Session

        self.control.settings(after_retries=giving_up)
        with Session(self.engine, expire_on_commit=False) as session:
            show = build_show(session, self.clock.now)
            tiers = [ensure_tier(session, show, name) for name in ("Silver", "Gold")]
            session.commit()
        self.shop: Shop = open_shop(self.engine, self.provider, self.clock, show)
        self.plans = [
            self.shop.plan(
                PriceTerms(eur(500 * (n + 1)), MONTH),
                name=tier.name,
                opens=[(show, tier)],
                trial_days=5 * n,
            )
            for n, tier in enumerate(tiers)
        ]
        self.tier_of = {plan.key: tier.id for plan, tier in zip(self.plans, tiers, strict=True)}

    def teardown(self) -> None:
        try:
            if hasattr(self, "shop"):
                self.look_into_the_books()
        finally:
            self.account.stop()
            self.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    # what people do

    @rule(
        who=st.sampled_from(PEOPLE),
        which=st.integers(0, 1),
        means=st.sampled_from(["card", "later", "bank", "bounces", "nothing"]),
        returns=st.booleans(),
    )
    def join(self, who: str, which: int, means: str, returns: bool) -> None:
        if len(self.alive(who)) > 1:
            return
        opened = self.shop.join(self.plans[which].prices[0], who)
        ref = self.shop.ref(opened)
        if means == "card":
            self.control.pay_session(ref)
        elif means == "later":
            self.control.pay_session(ref, card="4000000000000341")
        elif means in {"bank", "bounces"}:
            number = "000123456789" if means == "bank" else "000111111116"
            self.control.pay_session(ref, account=number)
        if returns:
            self.shop.finish(opened)

    @rule(data=st.data())
    def change_plan(self, data: st.DataObject) -> None:
        found = self.one(data, "active", "trialing")
        if found is None:
            return
        with self.shop.session() as session:
            from podcast_server.billing.models import RemoteObject

            refs = [r.ref for r in session.query(RemoteObject).filter_by(kind="price")]
        if refs:
            item = found["items"]["data"][0]["id"]
            self.account.client().v1.subscriptions.update(
                found["id"], {"items": [{"id": item, "price": data.draw(st.sampled_from(refs))}]}
            )

    @rule(data=st.data(), how=st.sampled_from(["portal", "now", "back"]))
    def cancel(self, data: st.DataObject, how: str) -> None:
        found = self.one(data, "active", "trialing", "past_due")
        if found is None:
            return
        if how == "portal":
            self.control.cancel_in_portal(found["id"])
        elif how == "now":
            self.control.cancel_subscription(found["id"])
        else:
            self.provider.resume_subscription(found["id"])

    @rule(data=st.data(), good=st.booleans())
    def card(self, data: st.DataObject, good: bool) -> None:
        found = self.one(data, "active", "trialing", "past_due", "unpaid")
        if found is not None:
            change = self.control.mend_card if good else self.control.fail_card
            change(found["customer"])

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        invoices = [i for i in self.all("invoice") if i["status"] == "open"]
        if invoices:
            invoice = data.draw(st.sampled_from(invoices))
            if self.stored("subscription", self.subscription_of(invoice))["status"] != "canceled":
                self.control.retry_invoice(invoice["id"])

    @rule(data=st.data(), part=st.booleans())
    def refund(self, data: st.DataObject, part: bool) -> None:
        charges = [
            c for c in self.all("charge") if c["paid"] and not c["refunded"] and not c["disputed"]
        ]
        if charges:
            self.control.refund(data.draw(st.sampled_from(charges))["id"], 1 if part else None)

    @rule(data=st.data())
    def dispute(self, data: st.DataObject) -> None:
        charges = [c for c in self.all("charge") if c["paid"] and not c["disputed"]]
        if charges:
            made = self.control.dispute(data.draw(st.sampled_from(charges))["id"])
            self.disputes.append(made["id"])

    @precondition(lambda self: self.disputes)
    @rule(won=st.booleans())
    def decide(self, won: bool) -> None:
        self.control.close_dispute(self.disputes.pop(), won=won)

    # time

    @rule(hours=st.sampled_from([1, 5, 23, 24 * 3, 24 * 8, 24 * 31]))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.control.catch_up()

    # the post

    @rule(seed=st.integers(0, 2**16), share=st.sampled_from([0.3, 0.7]), copies=st.integers(1, 2))
    def some_arrives(self, seed: int, share: float, copies: int) -> None:
        self.collect()
        dice = random.Random(seed)
        arriving = [letter for letter in self.underway if dice.random() < share]
        self.underway = [letter for letter in self.underway if letter not in arriving]
        arriving *= copies
        dice.shuffle(arriving)
        self.deliver(arriving)

    @rule(seed=st.integers(0, 2**16))
    def some_is_lost(self, seed: int) -> None:
        self.collect()
        dice = random.Random(seed)
        kept = [letter for letter in self.underway if dice.random() < 0.5]
        self.lost = self.lost or len(kept) < len(self.underway)
        self.underway = kept

    @rule()
    def stripe_is_down_for_a_moment(self) -> None:
        self.collect()
        self.control.fail_requests(count=40, status=503)
        self.deliver(self.underway[:1])
        self.control.fail_requests(count=0)

    # what must hold

    @rule(seed=st.integers(0, 2**16))
    def everything_arrives(self, seed: int) -> None:
        self.collect()
        random.Random(seed).shuffle(self.underway)
        self.deliver(self.underway)
        self.underway = []
        self.clock.advance(minutes=6)  # for those that have to be tried again
        self.control.catch_up()
        self.collect()
        self.deliver(self.underway)
        self.underway = []
        if not self.lost:
            self.compare()

    @rule()
    def look_into_the_books(self) -> None:
        self.control.catch_up()
        report = reconcile(self.shop.till, self.clock.now, timedelta(days=400))
        assert report.problems == []
        self.compare()
        before = len(self.shop.ledger())
        assert reconcile(self.shop.till, self.clock.now, timedelta(days=400)).repaired == []
        assert len(self.shop.ledger()) == before
        self.lost = False
        self.collect()
        self.underway = []

    def compare(self) -> None:
        for who in PEOPLE:
            assert set(self.shop.entitlement(who).scopes) == self.expected(who), who

    # Stripe's own state

    def expected(self, who: str) -> set[tuple[str, int]]:
        """What somebody may hear, from Stripe's books alone."""
        return {
            ("tier", self.tier(each)) for each in self.subscriptions(who) if self.is_paid_for(each)
        }

    def is_paid_for(self, subscription: dict[str, Any]) -> bool:
        invoices = [i for i in self.all("invoice") if self.subscription_of(i) == subscription["id"]]
        unpaid = [i for i in invoices if i["status"] == "open"]
        if any(self.is_taken_back(i) for i in invoices):
            return False
        if subscription["status"] == "trialing":
            return True
        if any(i["billing_reason"] == "subscription_create" for i in unpaid):
            return False
        if subscription["status"] == "past_due":
            since = datetime.fromtimestamp(min(i["created"] for i in unpaid), UTC)
            return self.clock.now < since + GRACE
        return bool(subscription["status"] == "active")

    def is_taken_back(self, invoice: dict[str, Any]) -> bool:
        period = max((line["period"] for line in invoice["lines"]["data"]), key=lambda p: p["end"])
        if not period["start"] <= self.clock.now.timestamp() < period["end"]:
            return False
        intents = {
            p["payment"]["payment_intent"]
            for p in self.all("invoice_payment")
            if p["invoice"] == invoice["id"]
        }
        for charge in self.all("charge"):
            if charge["payment_intent"] in intents and charge["paid"]:
                lost = [
                    d
                    for d in self.all("dispute")
                    if d["charge"] == charge["id"] and d["status"] != "won"
                ]
                if charge["refunded"] or lost:
                    return True
        return False

    def tier(self, subscription: dict[str, Any]) -> int:
        product = subscription["items"]["data"][0]["price"]["product"]
        return self.tier_of[self.stored("product", product)["metadata"]["key"]]

    def subscriptions(self, who: str) -> list[dict[str, Any]]:
        customers = {c["id"] for c in self.all("customer") if c["email"] == who}
        return [s for s in self.all("subscription") if s["customer"] in customers]

    def alive(self, who: str) -> list[dict[str, Any]]:
        ended = ("canceled", "incomplete_expired")
        return [s for s in self.subscriptions(who) if s["status"] not in ended]

    def one(self, data: st.DataObject, *statuses: str) -> dict[str, Any] | None:
        found = [s for s in self.all("subscription") if s["status"] in statuses]
        return data.draw(st.sampled_from(found)) if found else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        return self.account.world.store.all(kind)

    def stored(self, kind: str, ref: str) -> dict[str, Any]:
        return self.account.world.store.get(kind, ref)

    @staticmethod
    def subscription_of(invoice: dict[str, Any]) -> str:
        return str(invoice["parent"]["subscription_details"]["subscription"])

    # the post office

    def collect(self) -> None:
        self.underway += self.account.take_webhooks()

    def deliver(self, letters: list[Letter]) -> None:
        from podcast_server.billing.inbox import store_event

        for delivery, headers in letters:
            notice = self.provider.read_notice(delivery.body, headers["Stripe-Signature"])
            with self.shop.session() as session:
                store_event(
                    session,
                    realm=self.provider.realm,
                    ref=notice.ref,
                    type_=notice.type,
                    subject=notice.subject,
                    body=delivery.body,
                    now=self.clock.now,
                )
        work_off_events(self.shop.till, self.clock.now)


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMoney = pytest.mark.slow(pytest.mark.timeout(900)(TestMoney))
