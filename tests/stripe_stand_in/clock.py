"""Time moves: everything that falls due is worked off in order, each thing at its own moment."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import partial

from tests.stripe_stand_in.engine import lifecycle, renewing, settling
from tests.stripe_stand_in.engine.checkout import expire
from tests.stripe_stand_in.events import changing, emit
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import DAY, HOUR, World

_MOST_STEPS = 10_000_000
Due = tuple[int, Callable[[World], object]]


def advance(world: World, seconds: int) -> None:
    """Move the account's own time ahead (customers on a test clock stay where they are)."""
    target = world.now() + seconds
    run_until(world, None, target)
    world.ahead += seconds


def catch_up(world: World) -> None:
    """Work off what is due by now, after the time the world was given moved by itself."""
    run_until(world, None, world.now())


def advance_test_clock(world: World, clock: Thing, target: int) -> None:
    """Move a test clock; emits .advancing and .ready."""
    emit(world, "test_helpers.test_clock.advancing", clock | {"status": "advancing"})
    run_until(world, clock["id"], target)
    clock["frozen_time"] = target
    emit(world, "test_helpers.test_clock.ready", clock)


def run_until(world: World, clock: str | None, target: int) -> None:
    """Everything due up to and including `target`, for the customers living on `clock`.

    The agenda holds each customer's next moment; only the customer whose turn it was is asked
    again, so a long time and many customers stay affordable.
    """
    customers = [c["id"] for c in world.store.all("customer") if c.get("test_clock") == clock]
    owners: list[str | None] = [*customers, *([None] if clock is None else [])]
    agenda = [(0, n, owner) for n, owner in enumerate(owners)]
    for _ in range(_MOST_STEPS):
        if not agenda or agenda[0][0] > target:
            return
        expected, n, owner = heapq.heappop(agenda)
        step = min(_due(world, owner), key=lambda due: due[0], default=None)
        if step is None:
            continue
        if step[0] <= expected:
            with world.at(step[0]):
                step[1](world)
            step = (expected, step[1])
        heapq.heappush(agenda, (step[0], n, owner))
    raise AssertionError("time does not settle: something stays due for ever")


def _due(world: World, owner: str | None) -> Iterator[Due]:
    """What awaits one customer, or (None) all who pay without being one."""
    for subscription in world.store.all("subscription", customer=owner):
        if lifecycle.is_alive(subscription):
            yield from _subscription_due(world, subscription)
    for invoice in world.store.all("invoice", customer=owner):
        yield from _invoice_due(invoice)
    for intent in world.store.born_with("payment_intent", owner):
        if intent["status"] == "processing":
            yield intent["_settles_at"], partial(_settle, intent, not intent["_bounces"])
    for session in world.store.born_with("checkout.session", owner):
        if session["status"] == "open":
            yield session["expires_at"], partial(_expire, session)


def _expire(session: Thing, world: World) -> None:
    expire(world, session)


def _settle(intent: Thing, arrived: bool, world: World) -> None:
    settling.settle(world, intent, arrived=arrived)


def _subscription_due(world: World, subscription: Thing) -> Iterator[Due]:
    status = subscription["status"]
    if subscription["cancel_at"] is not None and not subscription["cancel_at_period_end"]:
        yield subscription["cancel_at"], lambda w: lifecycle.cancel_now(w, subscription)
    if status == "incomplete":
        late = subscription["created"] + 23 * HOUR
        yield late, lambda w: lifecycle.expire_incomplete(w, subscription)
    elif status == "trialing":
        if not subscription.get("_trial_noticed"):
            notice = subscription["trial_end"] - 3 * DAY
            yield notice, lambda w: lifecycle.notice_trial_end(w, subscription)
        yield subscription["trial_end"], lambda w: renewing.period_ended(w, subscription)
    elif status in ("active", "past_due", "unpaid"):
        yield from _renewal_due(world, subscription)


def _renewal_due(world: World, subscription: Thing) -> Iterator[Due]:
    _, end = lifecycle.period_of(subscription)
    yield end, lambda w: renewing.period_ended(w, subscription)
    paused = subscription["pause_collection"]
    if paused and paused["resumes_at"] is not None:
        yield paused["resumes_at"], lambda w: _unpause(w, subscription)
    ending = subscription["cancel_at"] is not None and subscription["cancel_at"] <= end
    if not subscription.get("_upcoming_noticed") and not ending:
        notice = end - world.settings.upcoming_days * DAY
        yield notice, lambda w: _notice_upcoming(w, subscription)


def _unpause(world: World, subscription: Thing) -> None:
    with changing(world, subscription, "customer.subscription.updated"):
        subscription["pause_collection"] = None


def _notice_upcoming(world: World, subscription: Thing) -> None:
    """invoice.upcoming: a preview without an id, as Stripe sends it."""
    from tests.stripe_stand_in.engine.preview import preview

    subscription["_upcoming_noticed"] = True
    emit(world, "invoice.upcoming", preview(world, subscription))


def _invoice_due(invoice: Thing) -> Iterator[Due]:
    if invoice["status"] == "draft" and invoice["auto_advance"]:
        if invoice["automatically_finalizes_at"] is not None:
            yield (
                invoice["automatically_finalizes_at"],
                lambda w: renewing.advance_draft(w, invoice),
            )
    elif invoice["status"] == "open" and invoice["next_payment_attempt"] is not None:
        yield invoice["next_payment_attempt"], lambda w: renewing.retry(w, invoice)
