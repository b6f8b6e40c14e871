"""Webhooks: signed as Stripe signs them, delivered by a thread, and as unreliable as one asks.

A delivery that is not answered with 2xx comes again, later each time. The switches make every
delivery late, doubled, out of order, lost or held back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import httpx

from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


def sign(body: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over "timestamp.body"."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint. `due` is monotonic seconds."""

    event_id: str
    event_type: str
    endpoint_id: str
    body: bytes
    due: float = 0.0
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a delivery: the HTTP status, or None when nobody answered, after how long."""

    event_id: str
    event_type: str
    endpoint_id: str
    status: int | None
    seconds: float


@dataclass(slots=True)
class Switches:
    """How the post misbehaves.

    delay: seconds before the first attempt
    copies: how often each delivery is sent (2 doubles everything)
    shuffle: what is due goes out in random order
    loss: the share, 0 to 1, that silently disappears
    lose_types: event types that always disappear
    hold: nothing goes out until released
    attempts, pause: tries per delivery, and seconds before the second one (doubling)
    """

    delay: float = 0.0
    copies: int = 1
    shuffle: bool = False
    loss: float = 0.0
    lose_types: frozenset[str] = frozenset()
    hold: bool = False
    attempts: int = 5
    pause: float = 0.1


@dataclass
class Postman:
    """The delivery thread. `post` is called with the world's lock held and never blocks."""

    world: World
    switches: Switches = field(default_factory=Switches)
    clock: Callable[[], float] = time.time
    attempts: list[Attempt] = field(default_factory=list)
    _queue: list[Delivery] = field(default_factory=list)
    _held: list[Delivery] = field(default_factory=list)
    _busy: int = 0
    _stop: bool = False
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _random: random.Random = field(default_factory=random.Random)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="stripe-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stop = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def post(self, event: Thing) -> None:
        """Queue the event for every enabled endpoint that wants its type."""
        endpoints = [
            e
            for e in self.world.store.all("webhook_endpoint", status="enabled")
            if event["type"] in e["enabled_events"] or "*" in e["enabled_events"]
        ]
        event["pending_webhooks"] = len(endpoints)
        body = json.dumps(public(event)).encode() if endpoints else b""
        for endpoint in endpoints:
            self._enqueue(Delivery(event["id"], event["type"], endpoint["id"], body))

    def _enqueue(self, delivery: Delivery) -> None:
        switches = self.switches
        lost = delivery.event_type in switches.lose_types
        if lost or self._random.random() < switches.loss:
            return
        copies = [replace(delivery, due=time.monotonic() + switches.delay)] * switches.copies
        with self._wake:
            (self._held if switches.hold else self._queue).extend(copies)
            self._wake.notify_all()

    def held(self) -> list[Delivery]:
        """What waits to be released, oldest first."""
        with self._wake:
            return list(self._held)

    def take_held(self) -> list[Delivery]:
        """Remove and return what is held, for a test that posts it by its own means."""
        with self._wake:
            taken, self._held = self._held, []
            return taken

    def release(self, deliveries: Iterable[Delivery] | None = None) -> None:
        """Send what is held (in the order given, or all of it) and stop holding."""
        with self._wake:
            self.switches.hold = False
            self._queue.extend(self._held if deliveries is None else deliveries)
            self._held.clear()
            self._wake.notify_all()

    def resend(self, event: Thing) -> None:
        """Send an old event again, as the dashboard's button does."""
        self.post(event)

    def wait_idle(self, timeout: float = 60.0) -> bool:
        """True once nothing is queued or being sent (held deliveries do not count)."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue and not self._busy, timeout)

    def _run(self) -> None:
        with httpx.Client(timeout=30, trust_env=False, follow_redirects=False) as client:
            while (delivery := self._next()) is not None:
                try:
                    self._deliver(client, delivery)
                finally:
                    with self._wake:
                        self._busy -= 1
                        self._wake.notify_all()

    def _next(self) -> Delivery | None:
        """Wait for something due; None when stopped."""
        with self._wake:
            while not self._stop:
                now = time.monotonic()
                due = [d for d in self._queue if d.due <= now]
                if due:
                    chosen = self._random.choice(due) if self.switches.shuffle else due[0]
                    self._queue.remove(chosen)
                    self._busy += 1
                    return chosen
                soonest = min((d.due for d in self._queue), default=now + 60)
                self._wake.wait(soonest - now)
            return None

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """Signed now: each attempt carries a fresh timestamp."""
        endpoint = self.world.store.find("webhook_endpoint", delivery.endpoint_id)
        secret = endpoint["_secret"] if endpoint else ""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(delivery.body, secret, int(self.clock())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }

    def _deliver(self, client: httpx.Client, delivery: Delivery) -> None:
        endpoint = self.world.store.find("webhook_endpoint", delivery.endpoint_id)
        if endpoint is None:
            return
        status: int | None = None
        began = time.monotonic()
        try:
            answer = client.post(
                endpoint["url"], content=delivery.body, headers=self.headers(delivery)
            )
            status = answer.status_code
        except httpx.HTTPError:
            status = None
        names = (delivery.event_id, delivery.event_type, delivery.endpoint_id)
        self.attempts.append(Attempt(*names, status, time.monotonic() - began))
        if status is not None and 200 <= status < 300:
            self._arrived(delivery)
        else:
            self._again(delivery)

    def _arrived(self, delivery: Delivery) -> None:
        with self.world.lock:
            event = self.world.store.find("event", delivery.event_id)
            if event is not None and event["pending_webhooks"]:
                event["pending_webhooks"] -= 1

    def _again(self, delivery: Delivery) -> None:
        if delivery.attempt >= self.switches.attempts:
            return
        wait = self.switches.pause * 2 ** (delivery.attempt - 1)
        later = replace(delivery, due=time.monotonic() + wait, attempt=delivery.attempt + 1)
        with self._wake:
            self._queue.append(later)
            self._wake.notify_all()
