"""What a publish costs with few and with very many members: ``python -m benchmarks.publishing``.

For each number of members a database of its own, with the real server on it. In each round an
episode is published, then polled for the first time, which renders and compresses the feed
anew, then polled by another member, who shares that work. Milliseconds; polls with a new
connection each.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.servers import DATABASES, Place, places
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns
from episodes.models import Episode
from episodes.publishing import publish_episode
from podcast_server.services import now_utc
from tests.builders import build_episode
from tests.running import fetch

PUBLISH, FIRST, NEXT = "publish", "first poll after it", "next poll"


def main() -> None:
    """Print a table for each database."""
    scale = scales.chosen()
    for database in DATABASES:
        with contextlib.ExitStack() as stack:
            each = stack.enter_context(places([database] * len(scale.crowds)))
            ways: dict[str, Callable[[], float]] = {}
            for place, members in zip(each, scale.crowds, strict=False):
                ways |= _ways(place, members, scale.episodes, stack)
            if ways:
                _print(database, scale, ways)


def _print(database: str, scale: scales.Scale, ways: dict[str, Callable[[], float]]) -> None:
    runs = take_turns(ways, scale.rounds)
    few, many = scale.crowds[0], scale.crowds[-1]
    print(f"\n{database}: {scale.episodes} episodes")
    print_runs("milliseconds", runs)
    # The next member's poll is mostly a connection being made: shown, not judged.
    ratios = [
        Ratio(_name(what, many), _name(what, few), target, at_most=True)
        for what, target in ((PUBLISH, 1.2), (FIRST, 1.2), (NEXT, None))
    ]
    print_ratios(runs, ratios, judged=scale is scales.FULL)


def _ways(
    place: Place, members: int, episodes: int, stack: contextlib.ExitStack
) -> dict[str, Callable[[], float]]:
    services = stack.enter_context(place.services())
    people = crowd.fill(services, episodes=episodes, members=members)
    url = stack.enter_context(place.serving()).url
    feeds = itertools.cycle(people.feeds)

    def publish() -> float:
        with services.sessions.begin() as session:
            show = crowd.the_show(session)
            made = build_episode(session, services.storage, show, now_utc(), publish=False)
        started = time.perf_counter()
        with services.sessions.begin() as session:
            now = now_utc()
            publish_episode(session, session.get_one(Episode, made.id), at=now, now=now)
        return (time.perf_counter() - started) * 1000

    def poll() -> float:
        started = time.perf_counter()
        answer = fetch(url + next(feeds), Accept_Encoding="gzip")
        assert answer.status == 200
        return (time.perf_counter() - started) * 1000

    publish(), poll()  # whatever is loaded or compiled once is no part of the figures
    named = ((PUBLISH, publish), (FIRST, poll), (NEXT, poll))
    return {_name(what, members): run for what, run in named}


def _name(what: str, members: int) -> str:
    return f"{what}, {members:,} members"


if __name__ == "__main__":
    main()
