"""What only a test can do: make cards fail, open disputes, move time, disturb the post.

In a test's own process call the methods; from another one POST their arguments as JSON to
`/_control/<method>`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

from flask import Blueprint, Response, abort, jsonify, request

from tests.stripe_stand_in import cards, clock
from tests.stripe_stand_in.engine import charging, checkout, lifecycle, renewing, settling, totals
from tests.stripe_stand_in.engine.disputing import close_dispute, open_dispute
from tests.stripe_stand_in.engine.invoicing import intent_of
from tests.stripe_stand_in.errors import StripeError, invalid
from tests.stripe_stand_in.events import public
from tests.stripe_stand_in.pages.portal import cancel, update_card
from tests.stripe_stand_in.resources.refunds import refund_charge
from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.webhooks import Postman
from tests.stripe_stand_in.world import World


class FaultPlan(Protocol):
    """How many of the next API requests to fail, and how; how many answers to lose."""

    fail: int
    status: int
    lose: int


class Control:
    """Every method takes and returns plain data; ids are Stripe ids, times in seconds."""

    def __init__(self, world: World, faults: FaultPlan) -> None:
        self._world = world
        self._faults = faults

    @property
    def _postman(self) -> Postman:
        if self._world.postman is None:
            raise AssertionError("the stand-in has no postman")
        return self._world.postman

    # time

    def advance(self, seconds: int = 0, days: int = 0) -> int:
        """Move the account's time ahead, renewing and retrying on the way; returns the time."""
        with self._world.lock:
            clock.advance(self._world, seconds + days * 86400)
            return self._world.now()

    def catch_up(self) -> int:
        """Work off what is due, after the clock given to the stand-in moved."""
        with self._world.lock:
            clock.catch_up(self._world)
            return self._world.now()

    def pass_time(self, customer: str, seconds: int = 0, days: int = 0) -> int:
        """Move time ahead for one customer alone, on a test clock of theirs; returns their time.

        A real account wants the clock when the customer is made; here it comes with the first call.
        """
        with self._world.lock:
            found = self._world.store.get("customer", customer)
            if found.get("test_clock") is None:
                fields = {"frozen_time": self._world.now(), "name": None, "status": "ready"}
                found["test_clock"] = self._world.new("test_helpers.test_clock", fields)["id"]
            own = self._world.store.get("test_helpers.test_clock", found["test_clock"])
            clock.advance_test_clock(self._world, own, own["frozen_time"] + seconds + days * 86400)
            return int(own["frozen_time"])

    # payers

    def pay_session(
        self,
        session: str,
        card: str = "4242424242424242",
        email: str = "payer@example.com",
        name: str | None = None,
        amount: int | None = None,
        account: str | None = None,
        address: Thing | None = None,
    ) -> Thing:
        """Complete a Checkout Session as the page would; raises StripeError when declined.

        amount: minor units, where the payer chooses; account: a bank account instead of a card.
        """
        with self._world.lock:
            found = self._world.store.get("checkout.session", session)
            if amount is not None:
                totals.choose_amount(found, amount)
                totals.count(self._world, found)
            means = cards.ACCOUNTS[account] if account else cards.by_number(card)
            wanted = means if checkout.needs_method(found) else None
            payer = checkout.Payer(email, wanted, name, address, confirmed=True)
            checkout.complete(self._world, found, payer)
            return _copy(found)

    def expire_session(self, session: str) -> Thing:
        with self._world.lock:
            found = self._world.store.get("checkout.session", session)
            checkout.expire(self._world, found)
            return _copy(found)

    def cancel_in_portal(self, subscription: str) -> Thing:
        """As a payer does it: at the period's end, by `cancel_at`."""
        with self._world.lock:
            found = self._world.store.get("subscription", subscription)
            cancel(self._world, found, "at_period_end")
            return _copy(found)

    def update_card(self, customer: str, card: str = "4242424242424242") -> Thing:
        """A new card in the portal; open invoices wait for their next attempt."""
        with self._world.lock:
            found = self._world.store.get("customer", customer)
            means = cards.by_number(card)
            if means is None:
                raise invalid("Not a test card.", "card")
            return _copy(update_card(self._world, found, means))

    # money going wrong

    def fail_card(self, customer: str, decline_code: str = "generic_decline") -> None:
        """From now on every charge of the customer's present cards is declined."""
        self._mark_cards(customer, decline_code)

    def mend_card(self, customer: str) -> None:
        self._mark_cards(customer, None)

    def _mark_cards(self, customer: str, decline_code: str | None) -> None:
        with self._world.lock:
            for method in self._world.store.all("payment_method", customer=customer):
                method["_decline"] = decline_code

    def fail_next_renewal(self, subscription: str, decline_code: str = "generic_decline") -> None:
        """The subscription's card goes bad; it stays bad until mended or replaced."""
        self.fail_card(self._get("subscription", subscription)["customer"], decline_code)

    def retry_invoice(self, invoice: str) -> Thing:
        """Stripe's next attempt at an open invoice, now."""
        with self._world.lock:
            found = self._world.store.get("invoice", invoice)
            renewing.retry(self._world, found)
            return _copy(found)

    def settle(self, payment_intent: str, arrived: bool = True) -> Thing:
        """A bank debit arrives or bounces now."""
        with self._world.lock:
            found = self._world.store.get("payment_intent", payment_intent)
            if found["status"] != "processing":
                raise invalid("This payment is not on its way.")
            settling.settle(self._world, found, arrived=arrived)
            return _copy(found)

    def authenticate(self, payment_intent: str, confirmed: bool = True) -> Thing:
        """The holder answers the bank's question about an intent that requires_action."""
        with self._world.lock:
            found = self._world.store.get("payment_intent", payment_intent)
            if found["status"] != charging.ASKS:
                raise invalid("The bank asks nothing.")
            outcome = charging.authenticated(self._world, found, confirmed=confirmed)
            settling.follow(self._world, found, outcome)
            return _copy(found)

    def dispute(self, charge: str, reason: str = "fraudulent") -> Thing:
        """`charge` may be a charge, a payment intent or an invoice."""
        with self._world.lock:
            return _copy(open_dispute(self._world, self._charge(charge), reason))

    def close_dispute(self, dispute: str, won: bool = False) -> Thing:
        with self._world.lock:
            found = self._world.store.get("dispute", dispute)
            return _copy(close_dispute(self._world, found, won=won))

    def refund(self, charge: str, amount: int | None = None) -> Thing:
        """As a button in the dashboard: not asked for by the API's user."""
        with self._world.lock:
            return _copy(refund_charge(self._world, self._charge(charge), amount))

    def cancel_subscription(self, subscription: str) -> Thing:
        """Cancelled at once in the dashboard."""
        with self._world.lock:
            found = self._world.store.get("subscription", subscription)
            lifecycle.cancel_now(self._world, found)
            return _copy(found)

    def _charge(self, wanted: str) -> Thing:
        store = self._world.store
        found = store.by_id(wanted)
        if found is not None and found["object"] == "invoice":
            found = intent_of(self._world, found)
        if found is not None and found["object"] == "payment_intent":
            found = store.find("charge", found["latest_charge"])
        if found is None or found["object"] != "charge":
            raise invalid(f"No charge behind {wanted}.")
        return found

    # the API itself

    def fail_requests(self, count: int = 1, status: int = 500) -> None:
        """The next API requests answer `status` (500, 503, 429…)."""
        self._faults.fail, self._faults.status = count, status

    def lose_answers(self, count: int = 1) -> None:
        """The next API requests are carried out, and their connections break unanswered."""
        self._faults.lose = count

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change and return the account's settings (see `world.Settings`)."""
        for name, value in changes.items():
            if name not in {f.name for f in dataclasses.fields(self._world.settings)}:
                raise invalid(f"No such setting: {name}", name)
            setattr(self._world.settings, name, tuple(value) if name == "retry_days" else value)
        return dataclasses.asdict(self._world.settings)

    def get(self, wanted: str) -> Thing:
        """Any object by its id, as the API would answer it."""
        with self._world.lock:
            found = self._world.store.by_id(wanted) or self._world.store.find("coupon", wanted)
            if found is None:
                raise StripeError(f"No such object: {wanted}", status=404)
            return _copy(found)

    def _get(self, kind: str, wanted: str) -> Thing:
        with self._world.lock:
            return _copy(self._world.store.get(kind, wanted))

    def events(self, kind: str | None = None) -> list[Thing]:
        """Everything that happened, oldest first."""
        with self._world.lock:
            wanted = {} if kind is None else {"type": kind}
            return [_copy(event) for event in self._world.store.all("event", **wanted)]

    # the post

    def webhooks(self, **switches: Any) -> dict[str, Any]:
        """Set switches (delay, copies, shuffle, loss, lose_types, hold, attempts, pause)."""
        mine = self._postman.switches
        for name, value in switches.items():
            if name not in {f.name for f in dataclasses.fields(mine)}:
                raise invalid(f"No such switch: {name}", name)
            setattr(mine, name, frozenset(value) if name == "lose_types" else value)
        return dataclasses.asdict(mine) | {"lose_types": sorted(mine.lose_types)}

    def release_webhooks(self) -> int:
        """Send everything held, in order; returns how many."""
        held = len(self._postman.held())
        self._postman.release()
        return held

    def resend(self, event: str) -> None:
        """The dashboard's "resend" button."""
        with self._world.lock:
            self._postman.resend(self._world.store.get("event", event))

    def wait_for_webhooks(self, timeout: float = 60.0) -> bool:
        """Whether everything due was delivered (or given up) within `timeout` seconds."""
        return self._postman.wait_idle(timeout)

    def deliveries(self) -> list[dict[str, Any]]:
        """Every attempt so far: event_id, event_type, endpoint_id, status."""
        return [dataclasses.asdict(attempt) for attempt in self._postman.attempts]


def _copy(thing: Thing) -> Thing:
    copied: Thing = public(thing)
    return copied


def blueprint(control: Control) -> Blueprint:
    """POST /_control/<method> with a JSON object of arguments."""
    pages = Blueprint("control", __name__)

    @pages.post("/_control/<name>")
    def call(name: str) -> Response:
        method = getattr(control, name, None)
        if name.startswith("_") or not callable(method):
            abort(404)
        return jsonify({"result": method(**(request.get_json(silent=True) or {}))})

    return pages
