"""One account's state: its store, its time, its settings, and the request being answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.stripe_stand_in.errors import StripeError
from tests.stripe_stand_in.store import Store, Thing

if TYPE_CHECKING:
    from tests.stripe_stand_in.webhooks import Postman

API_VERSION = "2026-10-28.endive"
HOUR, DAY = 3600, 86400


@dataclass(slots=True)
class Settings:
    """What a real account decides in its dashboard. Times in seconds unless the name says days.

    retry_days: waits between attempts at a failed renewal, counted from the previous attempt
    after_retries: the subscription's end when all failed: "cancel", "unpaid" or "past_due"
    draft_seconds: how long a renewal's invoice stays a draft before it is charged
    bank_debit_days: until a bank debit arrives or bounces
    upcoming_days: invoice.upcoming comes this long before a renewal
    tax_percent: what automatic tax adds to every price (exclusive)
    """

    retry_days: tuple[int, ...] = (3, 5, 7)
    after_retries: str = "cancel"
    draft_seconds: int = HOUR
    bank_debit_days: int = 4
    upcoming_days: int = 7
    tax_percent: int = 0
    country: str = "US"
    default_currency: str = "usd"


@dataclass(slots=True)
class World:
    """Handed to every function that reads or changes the account.

    real_now: unix seconds; the account's own time is this plus `ahead`
    moment: set while something due in the past is being worked off
    """

    settings: Settings = field(default_factory=Settings)
    real_now: Callable[[], float] = time.time
    store: Store = field(default_factory=Store)
    lock: threading.RLock = field(default_factory=threading.RLock)
    ahead: int = 0
    moment: int | None = None
    base_url: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    postman: Postman | None = None
    outbox: list[Thing] | None = None

    def now(self, clock: str | None = None) -> int:
        """Unix seconds on the given test clock, or on the account's own."""
        if self.moment is not None:
            return self.moment
        if clock is not None:
            frozen: int = self.store.get("test_helpers.test_clock", clock)["frozen_time"]
            return frozen
        return int(self.real_now()) + self.ahead

    def now_for(self, customer: str | None) -> int:
        """Unix seconds as this customer lives them."""
        return self.now(self.clock_of(customer))

    def clock_of(self, customer: str | None) -> str | None:
        found = self.store.find("customer", customer)
        return found.get("test_clock") if found else None

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Everything made inside happened at that second."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """A refused request (400, 404) changes nothing and tells nobody; a declined card does."""
        self.store.watch()
        self.outbox = []
        try:
            yield
        except StripeError as error:
            if error.status in (400, 404):
                self.store.undo()
                self.outbox.clear()
            raise
        finally:
            self.store.keep()
            told, self.outbox = self.outbox, None
            for event in told:
                self.tell(event)

    def undo_request(self) -> None:
        """Put everything back as it was when the request came: it only asked what would be."""
        self.store.undo()
        self.store.watch()
        if self.outbox is not None:
            self.outbox.clear()

    def tell(self, event: Thing) -> None:
        """Hand an event to the post, or keep it until the request is through."""
        if self.outbox is not None:
            self.outbox.append(event)
        elif self.postman is not None:
            self.postman.post(event)

    def new(self, kind: str, fields: Thing, *, customer: str | None = None) -> Thing:
        """Make and keep an object with a new id, `created` now and livemode false."""
        thing: Thing = {
            "id": self.store.new_id(kind),
            "object": kind,
            "created": self.now_for(customer),
            "livemode": False,
        }
        return self.store.add(thing | fields)
