"""What the books say when all is over: each event once, money and rights agree, nothing lost."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from benchmarks.account import Account
from benchmarks.servers import Place
from benchmarks.witness import Wrong
from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from podcast_server.billing.models import Payment, PaymentEvent
from podcast_server.billing.providers.stripe.notices import EVENT_TYPES
from podcast_server.database import reading
from podcast_server.services import Services

WORKED_OFF_SECONDS = 90.0  # what failed at first is tried again after a minute
GIVEN = (200, 302)


@dataclass
class Books:
    """What was found, and what is wrong with it."""

    events: int = 0
    payments: int = 0
    downloads: int = 0
    refused: int = 0  # webhooks that had to come again
    webhooks: list[float] = field(default_factory=list)  # seconds, each
    wrong: Wrong = field(default_factory=Wrong)


def wait_until_worked_off(services: Services) -> None:
    """Return once no event waits, or after `WORKED_OFF_SECONDS`."""
    deadline = time.monotonic() + WORKED_OFF_SECONDS
    waiting = select(func.count(PaymentEvent.id)).where(PaymentEvent.status == "new")
    while time.monotonic() < deadline:
        with reading(services.engine) as session:
            if not session.scalar(waiting):
                return
        time.sleep(0.2)


def audit(place: Place, services: Services, account: Account) -> Books:
    """Compare the books with the account's, and let the doctor look."""
    books = Books()
    take_in_parcels(services.sessions)
    told = [each["id"] for each in account.tell("events") if each["type"] in EVENT_TYPES]
    with reading(services.engine) as session:
        kept = session.execute(select(PaymentEvent.ref, PaymentEvent.status)).all()
        books.payments = session.scalar(select(func.count(Payment.id))) or 0
        noted = select(func.count(RawHit.id)).where(RawHit.status.in_(GIVEN))
        books.downloads = session.scalar(noted) or 0
    books.events = len(kept)
    if Counter(ref for ref, _status in kept) != Counter(told):
        books.wrong.note(f"{len(kept)} events are kept, and Stripe told of {len(told)}")
    for ref, status in kept:
        if status != "done":
            books.wrong.note(f"event {ref} is {status}")
    for attempt in account.tell("deliveries"):
        books.webhooks.append(attempt["seconds"])
        books.refused += attempt["status"] != 200  # Stripe sends it again
    for finding in place.installation.json("doctor", "--deep"):
        if finding["level"] == "failed" and finding["check"] != "public address":  # on loopback
            books.wrong.note(f"doctor: {finding}")
    return books
