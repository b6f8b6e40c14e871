"""What the numbers know of the time before plans and terms were written down."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import delete, select

from podcast_server.billing.comps import give_comp
from podcast_server.billing.models import Payment, Plan, PlanStay, Subscription, SubscriptionTerms
from tests.builders import CAUSE, build_member
from tests.podcast_server.billing.shop import Shop

pytestmark = pytest.mark.both_databases
MIGRATION = "podcast_server.migrations.versions.5b8e2f04d9a7_plans_and_terms_over_time"


def take_over(shop: Shop) -> None:
    """Forget what was written down, and work it out as the migration does."""
    with shop.session() as session:
        session.execute(delete(PlanStay))
        session.execute(delete(SubscriptionTerms))
    with (
        shop.engine.begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        importlib.import_module(MIGRATION)._fill()


def subscribe(shop: Shop, plan: Plan, status: str, *, paid: bool = True, **times: datetime) -> int:
    """A subscription of two seats, a hundred days old, as the provider has it now."""
    with shop.session() as session:
        row = Subscription(
            realm="manual",
            ref=f"sub{session.query(Subscription).count()}",
            purpose="membership",
            member_id=build_member(session, shop.now).id,
            plan_id=plan.id,
            status=status,
            amount=500,
            quantity=2,
            currency="eur",
            interval="month",
            started_at=shop.now - timedelta(days=100),
            **times,
        )
        session.add(row)
        session.flush()
        payment = Payment(
            realm="manual", ref=f"pay{row.id}", member_id=row.member_id, status="paid",
            amount=1000 if paid else 0, currency="eur", as_of=shop.now, subscription_id=row.id,
        )  # fmt: skip
        session.add(payment)
    return row.id


def test_terms_begin_after_the_trial_and_stop_where_it_is_known(shop: Shop) -> None:
    plan, now = shop.plan(), shop.now
    began = now - timedelta(days=100)
    trial, left = now - timedelta(days=86), now - timedelta(days=9)
    wanted = {
        subscribe(shop, plan, "active", trial_end=trial): (1000, trial, None),
        subscribe(shop, plan, "ended", ended_at=left): (1000, began, left),
        subscribe(shop, plan, "past_due", past_due_since=left): (1000, began, left),
    }
    subscribe(shop, plan, "ended", trial_end=trial, ended_at=trial)  # left before it cost anything
    subscribe(shop, plan, "ended", paid=False, ended_at=left)
    subscribe(shop, plan, "trialing", trial_end=now)
    subscribe(shop, plan, "pending")
    take_over(shop)
    with shop.session() as session:
        rows = session.scalars(select(SubscriptionTerms))
        found = {row.subscription_id: (row.amount, row.starts_at, row.ends_at) for row in rows}
    assert found == wanted


def test_stays_are_as_long_as_the_rights_that_came_with_the_plan(shop: Shop) -> None:
    plan, ends = shop.plan(), shop.now + timedelta(days=10)
    with shop.session() as session:
        terms, his = shop.till.terms, session.get_one(Plan, plan.id)
        for name, until in (("ada", ends), ("ben", None)):
            member = build_member(session, shop.now, f"{name}@example.org")
            give_comp(
                session, terms, member.id, his,
                ends_at=until, reason="press", by=CAUSE.actor, now=shop.now,
            )  # fmt: skip
    written = stays_of(shop)
    take_over(shop)
    assert sorted(stays_of(shop)) == sorted(written)
    assert {row[2:] for row in written} == {(shop.now, ends), (shop.now, None)}


def stays_of(shop: Shop) -> list[tuple[str, int, datetime, datetime | None]]:
    with shop.session() as session:
        rows = session.scalars(select(PlanStay).order_by(PlanStay.id))
        return [(row.source, row.plan_id, row.starts_at, row.ends_at) for row in rows]
