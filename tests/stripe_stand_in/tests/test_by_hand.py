"""The stand-in as a program of its own, controlled over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_stand_in import KEY, StripeStandIn
from tests.stripe_stand_in.tests.shop import price, session

ROOT = Path(__file__).parents[3]


def control(url: str, method: str, **arguments: Any) -> Any:
    answer = httpx.post(f"{url}/_control/{method}", json=arguments, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_a_session_is_paid_and_time_moved_from_another_process(
    account: StripeStandIn, client: stripe.StripeClient
) -> None:
    made = session(client, price(client))
    paid = control(account.url, "pay_session", session=made.id, email="ada@example.com")
    assert paid["payment_status"] == "paid"
    control(account.url, "advance", days=40)
    assert len(client.v1.invoices.list().data) == 2


def test_an_error_is_answered_as_the_api_would(account: StripeStandIn) -> None:
    answer = httpx.post(
        f"{account.url}/_control/pay_session", json={"session": "cs_nothing"}, trust_env=False
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")


@pytest.mark.parametrize("name", ["nothing", "_get", "__init__"])
def test_what_is_no_control_is_404(account: StripeStandIn, name: str) -> None:
    answer = httpx.post(f"{account.url}/_control/{name}", json={}, trust_env=False)
    assert answer.status_code == 404


def test_switches_and_settings_are_known_by_name_only(account: StripeStandIn) -> None:
    assert control(account.url, "webhooks", delay=0.5)["delay"] == 0.5
    assert control(account.url, "settings", after_retries="unpaid")["after_retries"] == "unpaid"
    for method in ("webhooks", "settings"):
        answer = httpx.post(f"{account.url}/_control/{method}", json={"colour": 1}, trust_env=False)
        assert answer.status_code == 400


@pytest.fixture
def program() -> Iterator[str]:
    """Its address, as it prints it."""
    command = [sys.executable, "-m", "tests.stripe_stand_in", "--port", "0"]
    command += ["--webhook-url", "http://127.0.0.1:9/hook"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield running.stdout.readline().split()[-1]
        running.send_signal(signal.SIGINT)
        assert running.wait(120) == 0


@pytest.mark.slow
def test_it_runs_by_hand(program: str) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": program})
    assert client.v1.accounts.retrieve_current().charges_enabled is True
    assert client.v1.webhook_endpoints.list().data[0].url == "http://127.0.0.1:9/hook"
