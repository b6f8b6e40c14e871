"""The stand-in for Stripe in a process of its own, whose post is doubled and out of order."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.load import on_core
from benchmarks.servers import Place
from tests.running import free_port
from tests.stripe_stand_in import KEY

CARRIED_SECONDS = 60.0  # until the post has delivered everything


@dataclass(frozen=True, slots=True)
class Account:
    """What a test can do to the account, by its control."""

    client: httpx.Client

    def tell(self, what: str, **how: Any) -> Any:
        """Have something happen, or ask how things are; the methods of the stand-in's Control."""
        answer = self.client.post(f"/_control/{what}", json=how)
        answer.raise_for_status()
        return answer.json()["result"]

    def invoice_of(self, subscription: str) -> str:
        """The newest invoice of a subscription."""
        return str(self.tell("get", wanted=subscription)["latest_invoice"])


@contextlib.contextmanager
def selling(place: Place) -> Iterator[Account]:
    """Let an installation sell through an account, each of whose webhooks comes twice."""
    port = free_port()
    with on_core(1):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.stripe_stand_in", "--port", str(port)],
            stdout=subprocess.DEVNULL,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=CARRIED_SECONDS + 30, trust_env=False) as client:
            _wait_for(client)
            account = Account(client)
            _connect(place, url)
            account.tell("webhooks", copies=2, shuffle=True, delay=0.1)
            yield account
    finally:
        process.terminate()
        process.wait(timeout=30)


def _connect(place: Place, url: str) -> None:
    """As a podcaster does: the key, then the webhook with the events that we use."""
    settings = place.installation.extra
    settings["PODCAST_SERVER_STRIPE__SECRET_KEY"] = KEY
    settings["PODCAST_SERVER_STRIPE__API_BASE"] = url
    said = place.installation.run("payments", "connect").stdout
    [secret] = re.findall(r"whsec_\w+", said)
    settings["PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS"] = secret


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            client.get("/")
            return
        time.sleep(0.05)
    raise RuntimeError("the stand-in for Stripe did not start")
