"""Half an hour of a busy show in a minute: ``python -m benchmarks.half_hour``.

Every member's app polls some times and fetches what is new; meanwhile episodes come out, and
memberships end and begin again, as payments make them. Every answer is judged: a feed must be
what its member could hear at some moment between question and answer, a new episode must be
given to members and refused to others, and each download must be found in the statistics.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
import zlib
from functools import partial
from random import Random

from sqlalchemy import func, select

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.apps import Heard, Outcome, Visit, visit_all
from benchmarks.load import on_core, wrk
from benchmarks.memory import resident
from benchmarks.servers import S3, Place, places
from benchmarks.witness import Show, Wrong
from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from tests.running import fetch

APPS = (
    "AppleCoreMedia/1.0.0.22A3354 (iPhone; U; CPU OS 18_0 like Mac OS X; en_us)",
    "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)",
    "AntennaPod/3.5.0",
    "Podcasts/4023.530.2 CFNetwork/1568.100.1 Darwin/24.0.0",
)
CONNECTIONS = 64
PUBLISHED = 3  # episodes that come out meanwhile
TURN_EVERY = 0.2  # seconds
POLLS = 4  # of each app
TURNING = 50  # members whose memberships end and begin again
# PostgreSQL tells of a change a moment after the commit (docs/feeds.md).
DELAYS = {"SQLite": 0.0, "PostgreSQL": 0.5}


class Apps:
    """The apps of all members: what each has seen, and what it makes of an answer."""

    def __init__(self, people: crowd.Crowd, show: Show) -> None:
        self._people, self._show = people, show
        self._tags = [""] * len(people.feeds)
        self._items: dict[str, int] = {}  # of each edition, by its tag
        self.wrong = Wrong()
        self.full = self.same = self.given = self.refused = 0

    def visits(self, seconds: float, random: Random) -> list[Visit]:
        """Every member's polls, at times of its own, and a download after one of them."""
        made = []
        for member in range(len(self._people.feeds)):
            dues = sorted(random.uniform(0, seconds) for _ in range(POLLS))
            for due in dues:
                made.append(Visit(due, partial(self._poll, member), partial(self._read, member)))
            made.append(self._download(member, dues[-1]))
        return made

    def _poll(self, member: int) -> bytes:
        headers = f"If-None-Match: {self._tags[member]}\r\n" if self._tags[member] else ""
        return _request(self._people.feeds[member], member, headers)

    def _read(self, member: int, heard: Heard) -> None:
        if heard.status == 200:
            self.full += 1
            self._tags[member] = heard.etag
            if heard.etag not in self._items:
                self._items[heard.etag] = zlib.decompress(heard.body, 31).count(b"<item>")
        elif heard.status == 304:
            self.same += 1
        else:
            self.wrong.note(f"a feed was answered {heard.status}")
            return
        rights = self._show.rights(member + 1).seen(heard.sent, heard.received)
        episodes = self._show.episodes.seen(heard.sent, heard.received)
        items = self._items[self._tags[member]]
        # A feed whose membership ended holds one item, which says so.
        if not (True in rights and items in episodes) and not (False in rights and items == 1):
            self.wrong.note(f"{items} episodes for {rights} of {episodes}")

    def _download(self, member: int, due: float) -> Visit:
        token = self._people.audio[member].split("/")[2]

        def request() -> bytes:
            return _request(f"/m/{token}/{self._show.newest.values[-1]}.mp3", member)

        return Visit(due + 0.05, request, partial(self._take, member))

    def _take(self, member: int, heard: Heard) -> None:
        rights = self._show.rights(member + 1).seen(heard.sent, heard.received)
        self.given += heard.status == 302
        self.refused += heard.status == 403
        if not (heard.status == 302 and True in rights) and not (
            heard.status == 403 and False in rights
        ):
            self.wrong.note(f"audio was answered {heard.status} for {rights}")


def _request(path: str, member: int, headers: str = "") -> bytes:
    agent = APPS[member % len(APPS)]
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\n"
        f"Accept-Encoding: gzip\r\n{headers}\r\n"
    ).encode()


def main() -> int:
    """Print the outcome for each database; 1 if anything was wrong."""
    scale = scales.chosen()
    with places() as each:
        faults = [measure(place, scale) for place in each]
    return 1 if any(faults) else 0


def measure(place: Place, scale: scales.Scale) -> int:
    """Fill, start, let everything happen, and count what was wrong."""
    with place.services() as services:
        people = crowd.fill(services, episodes=scale.episodes, members=scale.polling_members)
        show = Show(services, DELAYS[place.database])
        apps = Apps(people, show)
        visits = apps.visits(scale.half_hour, Random(3))
        with place.serving(**S3) as (url, worker):
            fetch(url + people.feeds[0])  # whatever is loaded or compiled once is no part of it
            wrk(url, people.feeds[:100], seconds=1)
            memory = [resident(worker)]
            middle = threading.Timer(scale.half_hour / 2, lambda: memory.append(resident(worker)))
            middle.start()
            with on_core(1):
                outcome = _drive(url, show, visits, scale)
            memory.append(resident(worker))
        take_in_parcels(services.sessions)
        with services.sessions() as session:
            noted = session.scalar(select(func.count(RawHit.id)).where(RawHit.status == 302)) or 0
    _print(place, scale, apps, show, outcome)
    print("  worker at the beginning, half way and at the end, in MB:", end=" ")
    print(", ".join(f"{each:.0f}" for each in memory) + f"; {noted} downloads in the books")
    faults = apps.wrong.count + outcome.broken + abs(apps.given - noted)
    print(f"  wrong answers, broken connections, lost downloads: {faults}", flush=True)
    for reason in apps.wrong.reasons:
        print(f"    {reason}")
    return faults


def _drive(url: str, show: Show, visits: list[Visit], scale: scales.Scale) -> Outcome:
    stop = threading.Event()
    turning = threading.Thread(target=_turn, args=(show, stop, scale.polling_members))
    publishing = threading.Thread(target=_publish, args=(show, stop, scale.half_hour))
    turning.start(), publishing.start()
    try:
        return asyncio.run(visit_all(url, visits, CONNECTIONS))
    finally:
        stop.set()
        turning.join(), publishing.join()


def _turn(show: Show, stop: threading.Event, members: int) -> None:
    some = itertools.cycle(range(1, min(TURNING, members) + 1))
    while not stop.wait(TURN_EVERY):
        show.turn(next(some))


def _publish(show: Show, stop: threading.Event, seconds: float) -> None:
    while not stop.wait(seconds / (PUBLISHED + 1)):
        show.publish()


def _print(place: Place, scale: scales.Scale, apps: Apps, show: Show, outcome: Outcome) -> None:
    asked = len(outcome.latencies)
    print(
        f"\n{place.database}: {scale.polling_members} members, {scale.episodes} episodes, "
        f"{asked} requests in {scale.half_hour} s ({asked / scale.half_hour:.0f}/s)"
    )
    print(f"  {apps.full} feeds whole, {apps.same} unchanged, {apps.given} downloads,", end=" ")
    print(f"{apps.refused} refused; {len(show.episodes.values) - 1} episodes came out")
    figures = [f"{outcome.percentile(share) * 1000:.1f}" for share in (0.5, 0.95, 0.99, 1)]
    print("  answered within ms: median, 95 %, 99 %, all: " + ", ".join(figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
