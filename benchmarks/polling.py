"""Feed polls and enclosure redirects on the real server: ``python -m benchmarks.polling``.

The server as `podcast-server serve` starts it, with one worker, against nginx and against
plain applications on the same web server. Each has the first core to itself while it is asked,
wrk has the second, PostgreSQL takes what it finds. Figures are requests per second.
"""

from __future__ import annotations

import contextlib
import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.load import wrk
from benchmarks.servers import S3, Place, bare, nginx, places, settle
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns
from tests.running import fetch

Headers = dict[str, str]

FULL, FULL_NGINX, NAIVE = "200 gzip", "nginx gzip_static", "feedgen + gzip each time"
SAME, SAME_NGINX, SAME_BARE = "304", "nginx 304", "bare application, same look-up"
MOVED, MOVED_BARE = "enclosure 302, recorded", "bare application, constant 302"

RATIOS = (
    Ratio(FULL, FULL_NGINX, 0.8),
    Ratio(FULL, NAIVE, 300),
    Ratio(SAME, SAME_NGINX, 0.45),
    Ratio(SAME, SAME_BARE, 0.9),
    Ratio(MOVED, MOVED_BARE, 0.7),
    Ratio(MOVED, SAME_BARE),
)


def main() -> None:
    """Print a table for each database."""
    scale = scales.chosen()
    with places() as each:
        for place in each:
            measure(place, scale)


def measure(place: Place, scale: scales.Scale) -> None:
    """Fill, start everything, and let them take turns."""
    with place.services() as services:
        people = crowd.fill(services, episodes=scale.episodes, members=scale.members)
    with contextlib.ExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours, worker = stack.enter_context(place.serving(**S3))
        packed = fetch(ours + people.feeds[0], Accept_Encoding="gzip")
        (files / "feed.xml.gz").write_bytes(packed.body)
        (files / "feed.xml").write_bytes(gzip.decompress(packed.body))
        theirs = stack.enter_context(nginx(files))
        look, move, naive = (
            stack.enter_context(bare(f"benchmarks.baselines:{name}", place))
            for name in ("lookup", "redirect", "naive")
        )
        static_tag = fetch(theirs + "/feed.xml", Accept_Encoding="gzip").headers["ETag"]

        def load(url: str, paths: list[str], headers: Headers) -> Callable[[], float]:
            def run() -> float:
                measured = wrk(url, paths, seconds=scale.seconds, headers=headers).per_second
                settle(worker)  # hits that wait to be written are not to slow the next one down
                return measured

            return run

        packing = {"Accept-Encoding": "gzip"}
        known = packing | {"If-None-Match": packed.headers["ETag"]}
        static = packing | {"If-None-Match": static_tag}
        runs = take_turns(
            {
                FULL: load(ours, people.feeds, packing),
                FULL_NGINX: load(theirs, ["/feed.xml"], packing),
                SAME: load(ours, people.feeds, known),
                SAME_NGINX: load(theirs, ["/feed.xml"], static),
                SAME_BARE: load(look, people.feeds, known),
                MOVED: load(ours, people.audio, {}),
                MOVED_BARE: load(move, people.audio, {}),
                NAIVE: load(naive, people.feeds, packing),
            },
            scale.rounds,
        )
    size = f"{scale.episodes} episodes, {len(packed.body) / 1e3:.0f} kB in gzip"
    print(f"\n{place.database}: {size}, {scale.members} members")
    print_runs("requests per second", runs)
    print_ratios(runs, RATIOS, judged=scale is scales.FULL)


if __name__ == "__main__":
    main()
