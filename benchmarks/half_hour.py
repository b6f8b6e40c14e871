"""Half an hour of a busy show in a minute: ``python -m benchmarks.half_hour [SQLite|PostgreSQL]``,
in any other time and with other numbers of new episodes by ``--half-hour=360 --published=54``.

Every member's app polls some times and fetches what is new; meanwhile episodes come out, people
join through the pages, and Stripe tells of payments, refunds, failing cards and ends by signed
webhooks that come twice and out of order. Every answer is judged: a feed must be what its member
could hear at some moment between question and answer, a new episode must be given to members and
refused to others, each download must be found in the statistics, each event in the books once, and
`doctor --deep` must find nothing. SQLite with a folder, PostgreSQL with a real S3 server.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.account import CARRIED_SECONDS, Account, selling
from benchmarks.apps import Outcome, visit_all
from benchmarks.books import Books, audit, wait_until_worked_off
from benchmarks.listening import DOWNLOAD, POLL, Apps
from benchmarks.load import on_core
from benchmarks.memory import resident
from benchmarks.payers import Happening, Payer, Shop, live, lives
from benchmarks.servers import DATABASES, Place, places
from benchmarks.witness import Show
from podcast_server.services import Services
from tests.running import fetch
from tests.seaweedfs import SHARED_BUCKET, running_seaweedfs

CONNECTIONS = 64
READINGS = 8  # of the worker's memory meanwhile
# PostgreSQL tells of a change a moment after the commit (docs/feeds.md).
DELAYS = {"SQLite": 0.0, "PostgreSQL": 0.5}


@dataclass
class Course:
    """What happened to whom, and how it was answered."""

    apps: Apps
    shop: Shop
    books: Books = field(default_factory=Books)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    last: dict[str, Outcome] = field(default_factory=dict)
    happened: int = 0
    took: float = 0.0  # seconds until the last visit that was due was answered
    memory: list[float] = field(default_factory=list)

    @property
    def broken(self) -> int:
        both = [*self.outcomes.values(), *self.last.values()]
        return sum(outcome.broken for outcome in both)

    @property
    def faults(self) -> int:
        wrong = (self.apps.wrong, self.shop.wrong, self.books.wrong)
        lost = abs(self.apps.given - self.books.downloads)
        return sum(each.count for each in wrong) + self.broken + lost


def main() -> int:
    """Print the outcome for each database; 1 if anything was wrong."""
    scale = scales.chosen()
    named = [word for word in sys.argv if word in {"SQLite", "PostgreSQL"}]
    with places(named or DATABASES) as each:
        faults = [measure(place, scale) for place in each]
    return 1 if any(faults) else 0


def measure(place: Place, scale: scales.Scale) -> int:
    """Fill, start, let everything happen, and count what was wrong."""
    # A person's checkouts come from many addresses, these all from one.
    place.installation.extra["PODCAST_SERVER_LIMITS__ADDRESS_PER_MINUTE"] = "100000"
    with storage_of(place), selling(place) as account:
        with place.services() as services:
            people = crowd.fill(services, episodes=scale.episodes, members=scale.polling_members)
            crowd.write_down(services)
        return _sell(place, scale, account, people)


def _sell(place: Place, scale: scales.Scale, account: Account, people: crowd.Crowd) -> int:
    plan = _plan(place)
    with place.services() as services:
        with place.serving() as ours:
            shop = Shop(services, ours.url, account, plan, DELAYS[place.database])
            apps = Apps(Show(services, shop.delay))
            course = _go_through(services, account, apps, shop, people, ours.worker, scale)
        course.books = audit(place, services, account)
    _print(place, scale, course)
    return course.faults


@contextlib.contextmanager
def storage_of(place: Place) -> Iterator[None]:
    """A bucket for PostgreSQL; the folder that is there for SQLite."""
    if place.database == "SQLite":
        yield
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        running_seaweedfs(Path(folder)) as server,
    ):
        settings = server.settings(SHARED_BUCKET)
        names = ("backend", "bucket", "endpoint", "access_key", "secret_key")
        for name in names:
            place.installation.extra[f"PODCAST_SERVER_STORAGE__{name.upper()}"] = str(
                getattr(settings, name)
            )
        yield


def _plan(place: Place) -> str:
    words = ("--opens", crowd.SLUG, "--price", "5 eur month")
    place.installation.run("payments", "plans", "create", "Silver", *words)
    with place.services() as services:
        return crowd.the_plan(services)


def _go_through(
    services: Services,
    account: Account,
    apps: Apps,
    shop: Shop,
    people: crowd.Crowd,
    worker: int,
    scale: scales.Scale,
) -> Course:
    random, course = Random(3), Course(apps, shop)
    payers = [Payer(f"payer{number}@example.org") for number in range(scale.payers)]
    newcomers = [Payer(f"new{number}@example.org") for number in range(scale.payers)]
    with ThreadPoolExecutor(4) as pool:  # they have paid before
        list(pool.map(shop.join, payers))
    # Stripe counts in seconds: a membership that ends in the one in which it began never was.
    time.sleep(1.1)
    shop.checkouts.clear()
    for feed in people.feeds[:100]:  # whatever is loaded or compiled once is no part of it
        fetch(shop.url + feed)
    happenings = lives(shop, payers, newcomers, scale.half_hour, random)
    visits = apps.visits(people, [*payers, *newcomers], scale.half_hour, random)
    with (
        on_core(1),
        _going_on(apps.show, shop, happenings, scale),
        _weighing(course, worker, scale),
    ):
        began = time.monotonic()
        course.outcomes = asyncio.run(visit_all(shop.url, visits, CONNECTIONS))
        course.took = time.monotonic() - began
    account.tell("wait_for_webhooks", timeout=CARRIED_SECONDS)
    wait_until_worked_off(services)
    time.sleep(shop.delay)
    course.happened = len(happenings)
    course.last = asyncio.run(
        visit_all(shop.url, apps.once_more([*payers, *newcomers]), CONNECTIONS)
    )
    course.memory.append(resident(worker))
    return course


@contextlib.contextmanager
def _going_on(
    show: Show, shop: Shop, happenings: list[Happening], scale: scales.Scale
) -> Iterator[None]:
    stop = threading.Event()
    threads = [
        threading.Thread(target=live, args=(shop, happenings)),
        threading.Thread(target=_publish, args=(show, stop, scale)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def _weighing(course: Course, worker: int, scale: scales.Scale) -> Iterator[None]:
    course.memory.append(resident(worker))
    stop = threading.Event()

    def weigh() -> None:
        while not stop.wait(scale.half_hour / READINGS):
            course.memory.append(resident(worker))

    thread = threading.Thread(target=weigh)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _publish(show: Show, stop: threading.Event, scale: scales.Scale) -> None:
    for _ in range(scale.published):
        if stop.wait(scale.half_hour / (scale.published + 1)):
            return
        show.publish()


def _print(place: Place, scale: scales.Scale, course: Course) -> None:
    apps, shop, books = course.apps, course.shop, course.books
    asked = sum(len(outcome.latencies) for outcome in course.outcomes.values())
    print(
        f"\n{place.database}: {scale.polling_members} members and {2 * scale.payers} who pay, "
        f"{asked} requests due in {scale.half_hour} s"
    )
    print(f"  {asked / scale.half_hour:.0f} due a second, {asked / course.took:.0f} answered")
    print(f"  {apps.full} feeds whole, {apps.same} unchanged, {apps.given} downloads,", end=" ")
    print(f"{apps.refused} refused; {len(apps.show.episodes.values) - 1} episodes came out")
    print(f"  {course.happened} things happened to payers; {books.payments} payments,", end=" ")
    print(f"{books.events} events, {len(books.webhooks)} webhooks ({books.refused} sent again)")
    print(f"  {'answered within ms':30}{'median':>10}{'95 %':>10}{'99 %':>10}{'all':>10}")
    rows = {
        POLL: course.outcomes[POLL],
        DOWNLOAD: course.outcomes[DOWNLOAD],
        "webhooks": Outcome(books.webhooks),
        "checkouts, four pages each": Outcome(shop.checkouts),
        "from Stripe to the feed": Outcome(shop.news),
    }
    for name, outcome in rows.items():
        figures = [f"{outcome.percentile(share) * 1000:10.1f}" for share in (0.5, 0.95, 0.99, 1)]
        print(f"  {name:30}{''.join(figures)}")
    print("  worker from the beginning to the end, in MB:", end=" ")
    print(
        ", ".join(f"{each:.0f}" for each in course.memory) + f"; {books.downloads} downloads noted"
    )
    print(f"  wrong answers, broken connections, lost downloads: {course.faults}", flush=True)
    for reason in [*apps.wrong.reasons, *shop.wrong.reasons, *books.wrong.reasons]:
        print(f"    {reason}")


if __name__ == "__main__":
    sys.exit(main())
