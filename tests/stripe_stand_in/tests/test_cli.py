"""A second client that knows nothing of us: Stripe's own command line, from npm.

`npm install` in tests/node brings it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import stripe

from tests.stripe_stand_in import KEY, StripeStandIn
from tests.stripe_stand_in.tests.shop import kinds

pytestmark = pytest.mark.slow

_BIN = Path(__file__).parents[2] / "node" / "node_modules" / ".bin"


class Cli:
    """The command, pointed at the stand-in, with a home of its own."""

    def __init__(self, url: str, home: Path) -> None:
        found = shutil.which("stripe", path=str(_BIN))
        if found is None:
            pytest.skip("the Stripe CLI is not installed: npm install in tests/node")
        self._command = [found, "--api-base", url, "--api-key", KEY]
        self._environment = os.environ | {
            "HOME": str(home),
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "STRIPE_NO_AUTO_UPDATE": "1",
            "XDG_CONFIG_HOME": str(home),
        }

    def run(self, *words: str) -> str:
        """What it prints; fails the test when it fails."""
        command = [self._command[0], *words, *self._command[1:]]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def cli(account: StripeStandIn, tmp_path: Path) -> Cli:
    return Cli(account.url, tmp_path)


def test_it_creates_a_customer_the_library_finds(cli: Cli, client: stripe.StripeClient) -> None:
    made = json.loads(cli.run("customers", "create", "--email", "ada@example.com"))
    assert client.v1.customers.retrieve(made["id"]).email == "ada@example.com"


def test_it_lists_what_the_library_made(cli: Cli, client: stripe.StripeClient) -> None:
    made = client.v1.products.create(params={"name": "Early access"})
    listed = json.loads(cli.run("products", "list", "--limit", "3"))
    assert [p["id"] for p in listed["data"]] == [made.id]


@pytest.mark.parametrize(
    "event",
    [
        "charge.dispute.created",
        "charge.failed",
        "charge.refunded",
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "coupon.created",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.trial_will_end",
        "customer.subscription.updated",
        "invoice.paid",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.voided",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "payment_method.attached",
        "price.updated",
        "product.deleted",
        "promotion_code.created",
        "setup_intent.succeeded",
        "test_helpers.test_clock.ready",
    ],
)
def test_it_triggers_an_event_that_really_happens(
    cli: Cli, account: StripeStandIn, event: str
) -> None:
    assert "Trigger succeeded" in cli.run("trigger", event)
    account.control.advance(days=5)  # bank debits take days
    assert event in kinds(account)
