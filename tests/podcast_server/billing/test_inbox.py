"""Webhooks kept, worked off, tried again, and in the end shown to somebody."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from podcast_server.billing import inbox
from podcast_server.billing.events import Ref
from podcast_server.billing.inbox import (
    LEASE,
    WAITS,
    WorkedOff,
    find_event,
    forget_events,
    list_events,
    release_events,
    replay_event,
    store_event,
)
from podcast_server.billing.models import PaymentEvent
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import Shop


@pytest.fixture
def shop(post: Post) -> Shop:
    return post.shop


def pay(post: Post) -> None:
    opened = post.shop.join(post.shop.plan().prices[0])
    post.account.control.pay_session(post.shop.ref(opened))


def statuses(shop: Shop) -> dict[str, str]:
    with shop.session() as session:
        return {event.type: event.status for event in list_events(session, limit=1000)}


def test_every_webhook_is_kept_as_it_came(post: Post, shop: Shop) -> None:
    pay(post)
    letters = post.take()
    for letter in letters:
        assert post.send(letter) == 200
    with shop.session() as session:
        kept = {event.ref: event.payload.encode() for event in list_events(session, limit=1000)}
    assert kept == {delivery.event_id: delivery.body for delivery, _ in letters}


def test_types_we_do_not_need_are_kept_and_ignored(post: Post, shop: Shop) -> None:
    pay(post)
    post.deliver()
    assert statuses(shop)["customer.created"] == "ignored"
    assert statuses(shop)["checkout.session.completed"] == "done"


def test_the_answer_comes_before_anything_is_looked_up(post: Post, shop: Shop) -> None:
    pay(post)
    letters = post.take()
    post.account.stop()  # whoever asked Stripe now would fail
    assert {post.send(letter) for letter in letters} == {200}


def test_a_doubled_webhook_is_kept_once(post: Post, shop: Shop) -> None:
    pay(post)
    letters = post.take()
    for letter in letters * 3:
        assert post.send(letter) == 200
    with shop.session() as session:
        assert session.query(PaymentEvent).count() == len(letters)


def test_events_about_one_thing_are_worked_off_by_one_look(post: Post, shop: Shop) -> None:
    pay(post)
    post.deliver()
    shop.clock.advance(days=1)
    for _ in range(3):
        post.account.control.cancel_in_portal(shop.subscription().ref)
        post.account.client().v1.subscriptions.update(shop.subscription().ref, {"cancel_at": ""})
    assert post.deliver() == WorkedOff(done=6, failed=0)


def test_in_whatever_order_they_come_the_outcome_is_the_same(post: Post, shop: Shop) -> None:
    pay(post)
    post.account.control.advance(days=40)
    shop.clock.advance(days=40)
    for letter in reversed(post.take()):
        post.send(letter)
        post.work_off()
    assert shop.subscription().status == "active"
    assert shop.hears()


@pytest.mark.thorough
def test_a_failure_is_tried_again_later_and_later(post: Post, shop: Shop) -> None:
    pay(post)
    for letter in post.take():
        post.send(letter)
    post.account.control.fail_requests(count=10_000, status=503)
    assert post.work_off().failed > 0
    assert post.work_off() == WorkedOff(0, 0)  # not due yet
    shop.clock.now += WAITS[0]
    assert post.work_off().failed > 0
    post.account.control.fail_requests(count=0)
    shop.clock.now += WAITS[1]
    assert post.work_off().done > 0
    assert shop.hears()


def test_what_keeps_failing_needs_attention_and_can_be_replayed(post: Post, shop: Shop) -> None:
    pay(post)
    for letter in post.take():
        post.send(letter)
    post.account.control.fail_requests(count=10_000, status=400)
    for wait in (*WAITS, timedelta(0)):
        post.work_off()
        shop.clock.now += wait
    assert statuses(shop)["checkout.session.completed"] == "needs_attention"
    assert post.work_off() == WorkedOff(0, 0)
    post.account.control.fail_requests(count=0)
    with shop.session() as session:
        [failed] = [
            event
            for event in list_events(session, status="needs_attention")
            if event.type == "checkout.session.completed"
        ]
        assert failed.error
        replay_event(session, failed, shop.now)
    assert post.work_off() == WorkedOff(1, 0)
    assert shop.subscription() is not None


@pytest.mark.thorough
def test_replaying_what_went_well_changes_nothing(post: Post, shop: Shop) -> None:
    pay(post)
    post.deliver()
    entries = len(shop.ledger())
    with shop.session() as session:
        for event in list_events(session, limit=1000):
            replay_event(session, event, shop.now)
    assert post.work_off().failed == 0
    assert len(shop.ledger()) == entries


def test_an_event_of_a_worker_that_died_is_taken_over(post: Post, shop: Shop) -> None:
    pay(post)
    for letter in post.take():
        post.send(letter)
    with shop.session() as session:  # as if somebody had leased them and gone
        for event in list_events(session, status="new"):
            event.attempts, event.next_try_at = 1, shop.now + LEASE
    assert post.work_off() == WorkedOff(0, 0)
    shop.clock.now += LEASE
    post.work_off()
    assert shop.subscription().status == "active"


def test_after_an_outage_everything_can_be_tried_at_once(post: Post, shop: Shop) -> None:
    pay(post)
    for letter in post.take():
        post.send(letter)
    post.account.control.fail_requests(count=10_000, status=503)
    post.work_off()
    post.account.control.fail_requests(count=0)
    with shop.session() as session:
        release_events(session, shop.now)
    assert post.work_off().failed == 0
    assert shop.hears()


def test_a_mistake_of_ours_does_not_keep_others_waiting(
    post: Post, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(post)
    with shop.session() as session:
        from podcast_server.billing.events import Ref

        store_event(
            session,
            realm="stripe:test",
            ref="evt_poison",
            type_="invoice.paid",
            subject=Ref("invoice", "in_poison"),
            body=b"{}",
            now=shop.now,
        )
    provider = shop.till.selling
    look_up = provider.look_up

    def stumble(ref: object) -> object:
        if getattr(ref, "id", "") == "in_poison":
            raise ZeroDivisionError("of ours")
        return look_up(ref)  # type: ignore[arg-type]

    monkeypatch.setattr(provider, "look_up", stumble)
    outcome = post.deliver()
    assert outcome.failed == 1
    assert shop.hears()
    with shop.session() as session:
        event = find_event(session, "evt_poison")
        assert event is not None
        assert event.error == "ZeroDivisionError: of ours"


def test_finished_events_are_forgotten_in_the_end_and_failed_ones_are_not(
    post: Post, shop: Shop
) -> None:
    pay(post)
    post.deliver()
    with shop.session() as session:
        event = list_events(session, status="done")[0]
        event.status = "needs_attention"
    with shop.session() as session:
        forget_events(session, shop.now + timedelta(days=1))
    with shop.session() as session:
        assert [e.status for e in list_events(session)] == ["needs_attention"]


def test_a_subscription_of_another_business_is_left_alone(post: Post, shop: Shop) -> None:
    client = post.account.client()
    product = client.v1.products.create({"name": "T-shirts"})
    price = client.v1.prices.create(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
        }
    )
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "success_url": "https://shop.example/",
            "line_items": [{"price": price.id, "quantity": 1}],
        }
    )
    post.account.control.pay_session(session.id)
    assert post.deliver().failed == 0
    assert shop.ledger() == []


def test_the_payload_is_json_for_later_readers(post: Post, shop: Shop) -> None:
    pay(post)
    post.deliver()
    with shop.session() as session:
        for event in list_events(session, limit=1000):
            assert json.loads(event.payload)["id"] == event.ref


def test_what_comes_while_another_is_looked_into_does_not_wait(
    post: Post, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(ref: str) -> None:
        with shop.session() as session:
            subject = Ref("subscription", "sub_1")
            realm, type_ = shop.till.selling.realm, "customer.subscription.updated"
            store_event(
                session, realm=realm, ref=ref, type_=type_, subject=subject, body=b"{}",
                now=shop.now,
            )  # fmt: skip

    keep("first")
    keep("second")
    monkeypatch.setattr(inbox, "settle", lambda *_: keep("third"))
    assert post.work_off() == WorkedOff(2, 0)
    monkeypatch.setattr(inbox, "settle", lambda *_: None)
    assert post.work_off() == WorkedOff(1, 0)
