"""The stand-in as a real HTTP server on a loopback port, in a thread of the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import stripe
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.serving import serving
from tests.stripe_stand_in.app import create_app
from tests.stripe_stand_in.control import Control
from tests.stripe_stand_in.resources.portal import EVERYTHING, new_configuration
from tests.stripe_stand_in.resources.webhook_endpoints import new_endpoint
from tests.stripe_stand_in.webhooks import Delivery, Postman
from tests.stripe_stand_in.world import Settings, World

KEY = "sk_test_StandIn0000000000000000"


class _Quiet(WSGIRequestHandler):
    """HTTP/1.1, so that clients keep their connections, and no access log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class StripeStandIn:
    """Start it, point `stripe.StripeClient` and a webhook endpoint at each other, stop it.

    settings: what the account decided (dunning, taxes…)
    now: unix seconds, so that a test's clock drives the account (call `control.catch_up()`)
    portal: whether the customer portal is configured, as a real account's is not at first
    address: where it listens; other than loopback for servers in networks of their own
    """

    def __init__(
        self,
        settings: Settings | None = None,
        now: Callable[[], float] = time.time,
        portal: bool = True,
        address: str = "127.0.0.1",
    ) -> None:
        self._address = address
        self.world = World(settings=settings or Settings(), real_now=now)
        self.postman = Postman(self.world)
        self.world.postman = self.postman
        self._app = create_app(self.world)
        self.control = Control(self.world, self._app.extensions["stripe_faults"])
        self._server: BaseWSGIServer | None = None
        self._running = ExitStack()
        self.webhook_secret = ""
        if portal:
            new_configuration(self.world, EVERYTHING)

    def start(self, port: int = 0) -> StripeStandIn:
        """Listen; port 0 lets the system choose."""
        self._server = make_server(
            self._address, port, self._app, threaded=True, request_handler=_Quiet
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.world.base_url = self.url
        self._running.enter_context(serving(self._server))
        self.postman.start()
        return self

    def stop(self) -> None:
        """Stop the server and the postman; what was held or queued is dropped."""
        self.postman.stop()
        self._running.close()

    def __enter__(self) -> StripeStandIn:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """http://ADDRESS:PORT, for `base_addresses={"api": …}`."""
        if self._server is None:
            raise RuntimeError("the stand-in was not started")
        return f"http://{self._address}:{self._server.server_port}"

    def client(self, key: str = KEY, **options: Any) -> stripe.StripeClient:
        """The real library, pointed here."""
        return stripe.StripeClient(key, base_addresses={"api": self.url}, **options)

    def send_webhooks_to(self, url: str, events: Iterable[str] = ("*",)) -> str:
        """Register an endpoint and return its signing secret (also `webhook_secret`)."""
        with self.world.lock:
            endpoint = new_endpoint(self.world, {"url": url, "enabled_events": list(events)})
        self.webhook_secret = endpoint["_secret"]
        return self.webhook_secret

    def take_webhooks(self) -> list[tuple[Delivery, dict[str, str]]]:
        """What is held (`control.webhooks(hold=True)`), with signed headers, for a test client.

        `delivery.body` is the exact body to post.
        """
        return [(d, self.postman.headers(d)) for d in self.postman.take_held()]
