"""Webhooks: signed, retried, and as unreliable as one asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from tests.stripe_stand_in import StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds, member


@dataclass
class Inbox:
    """A small HTTP server that keeps what it is sent. `answers` are used up, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.received]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    kept = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_event_arrives_signed_so_that_the_library_accepts_it(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    secret = account.send_webhooks_to(inbox.url)
    before = len(kinds(account))
    member(account, client)
    assert account.control.wait_for_webhooks()
    assert inbox.types() == kinds(account)[before:]
    for body, signature in inbox.received:
        event = client.construct_event(body, signature, secret)
        assert client.v1.events.retrieve(event.id).type == event.type


def test_a_changed_body_does_not_verify(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    secret = account.send_webhooks_to(inbox.url)
    client.v1.products.create(params={"name": "x"})
    assert account.control.wait_for_webhooks()
    body, signature = inbox.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b'"x"', b'"y"'), signature, secret)


def test_an_endpoint_gets_only_what_it_asked_for(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    client.v1.webhook_endpoints.create(
        params={"url": inbox.url, "enabled_events": ["checkout.session.completed"]}
    )
    member(account, client)
    assert account.control.wait_for_webhooks()
    assert inbox.types() == ["checkout.session.completed"]


def test_the_secret_of_an_endpoint_is_told_once(client: stripe.StripeClient) -> None:
    made = client.v1.webhook_endpoints.create(
        params={"url": "https://shop.example/hook", "enabled_events": ["*"]}
    )
    assert str(made.secret).startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id)


def test_a_disabled_endpoint_gets_nothing(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.send_webhooks_to(inbox.url)
    endpoint = client.v1.webhook_endpoints.list().data[0]
    client.v1.webhook_endpoints.update(endpoint.id, params={"disabled": True})
    client.v1.products.create(params={"name": "x"})
    assert account.control.wait_for_webhooks()
    assert inbox.received == []


def test_a_refused_delivery_comes_again_until_it_is_taken(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    inbox.answers = [500, 302]
    account.control.webhooks(pause=0.01)
    account.send_webhooks_to(inbox.url)
    client.v1.products.create(params={"name": "x"})
    assert account.control.wait_for_webhooks()
    assert [d["status"] for d in account.control.deliveries()] == [500, 302, 200]
    assert client.v1.events.list().data[0].pending_webhooks == 0


def test_nobody_listening_is_tried_a_few_times_and_left_pending(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    account.control.webhooks(pause=0.01, attempts=3)
    account.send_webhooks_to("http://127.0.0.1:9/closed")
    client.v1.products.create(params={"name": "x"})
    assert account.control.wait_for_webhooks()
    assert [d["status"] for d in account.control.deliveries()] == [None, None, None]
    assert client.v1.events.list().data[0].pending_webhooks == 1


def test_deliveries_are_doubled(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.control.webhooks(copies=2)
    account.send_webhooks_to(inbox.url)
    client.v1.products.create(params={"name": "x"})
    assert account.control.wait_for_webhooks()
    assert inbox.types() == ["product.created", "product.created"]


def test_deliveries_are_lost_but_stay_in_the_list_of_events(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.control.webhooks(lose_types=["product.created"])
    account.send_webhooks_to(inbox.url)
    made = client.v1.products.create(params={"name": "x"})
    client.v1.products.update(made.id, params={"name": "y"})
    assert account.control.wait_for_webhooks()
    assert inbox.types() == ["product.updated"]
    listed = client.v1.events.list(params={"types": ["product.created", "product.updated"]})
    assert [e.type for e in listed.data] == ["product.updated", "product.created"]


def test_a_loss_of_everything_loses_everything(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.control.webhooks(loss=1.0)
    account.send_webhooks_to(inbox.url)
    member(account, client)
    assert account.control.wait_for_webhooks()
    assert inbox.received == []


def test_held_deliveries_wait_and_go_out_in_any_order(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.send_webhooks_to(inbox.url)
    account.control.webhooks(hold=True)
    for name in ("a", "b"):
        client.v1.products.create(params={"name": name})
    assert account.control.wait_for_webhooks()
    assert inbox.received == []
    account.postman.release(account.postman.held()[::-1])
    assert account.control.wait_for_webhooks()
    names = [json.loads(body)["data"]["object"]["name"] for body, _ in inbox.received]
    assert names == ["b", "a"]


def test_shuffled_deliveries_all_arrive(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    account.send_webhooks_to(inbox.url)
    account.control.webhooks(hold=True, shuffle=True)
    member(account, client)
    held = [d.event_type for d in account.postman.held()]
    assert account.control.release_webhooks() == len(held)
    assert account.control.wait_for_webhooks()
    assert sorted(inbox.types()) == sorted(held)


def test_a_test_can_take_the_held_deliveries_and_post_them_itself(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    secret = account.send_webhooks_to("http://127.0.0.1:9/never")
    account.control.webhooks(hold=True)
    client.v1.products.create(params={"name": "x"})
    [(delivery, headers)] = account.take_webhooks()
    event = stripe.Webhook.construct_event(delivery.body, headers["Stripe-Signature"], secret)
    assert event.type == "product.created"
    assert account.postman.held() == []


def test_an_old_event_is_sent_again_by_hand(
    account: StripeStandIn, client: stripe.StripeClient, inbox: Inbox
) -> None:
    client.v1.products.create(params={"name": "x"})
    event = client.v1.events.list().data[0]
    account.send_webhooks_to(inbox.url)
    account.control.resend(event.id)
    assert account.control.wait_for_webhooks()
    assert [json.loads(body)["id"] for body, _ in inbox.received] == [event.id]
