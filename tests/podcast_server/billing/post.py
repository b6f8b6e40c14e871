"""The way of a webhook in tests: from the stand-in's held post through our real endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from podcast_server.billing.inbox import WorkedOff, work_off_events
from tests.podcast_server.billing.shop import Shop
from tests.stripe_stand_in import Delivery, StripeStandIn

Letter = tuple[Delivery, dict[str, str]]


@dataclass
class Post:
    """Delivers what Stripe sent, as well or as badly as a test wants."""

    account: StripeStandIn
    app: Flask
    shop: Shop

    @property
    def client(self) -> FlaskClient:
        """Whoever posts without cookies."""
        return self.app.test_client()

    def take(self) -> list[Letter]:
        """What waits, and is now the test's to deliver."""
        return self.account.take_webhooks()

    def send(self, letter: Letter) -> int:
        """Deliver one; returns the HTTP status."""
        delivery, headers = letter
        answer = self.client.post("/webhooks/stripe", data=delivery.body, headers=headers)
        return answer.status_code

    def deliver(self) -> WorkedOff:
        """Everything arrives in order and is worked off."""
        for letter in self.take():
            assert self.send(letter) == 200
        return self.work_off()

    def lose(self) -> None:
        """Everything on its way disappears."""
        self.take()

    def work_off(self) -> WorkedOff:
        return work_off_events(self.shop.till, self.shop.now)

    def let_time_pass(self, **span: float) -> None:
        """For us and for Stripe; what Stripe does meanwhile arrives."""
        self.shop.clock.advance(**span)
        self.account.control.catch_up()
        self.deliver()
