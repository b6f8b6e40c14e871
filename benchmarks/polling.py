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
from benchmarks.load import wrk
from benchmarks.scale import Scale, chosen
from benchmarks.servers import S3, Place, bare, nginx, places
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns
from tests.running import fetch

FULL, FULL_NGINX, NAIVE = "200 gzip", "nginx gzip_static", "feedgen + gzip each time"
SAME, SAME_NGINX, SAME_BARE = "304", "nginx 304", "bare application, same look-up"
MOVED, MOVED_BARE = "enclosure 302, recorded", "bare application, constant 302"

RATIOS = (
    Ratio(FULL, FULL_NGINX, 0.8),
    Ratio(FULL, NAIVE, 300),
    Ratio(SAME, SAME_NGINX, 0.45),
    Ratio(SAME, SAME_BARE, 0.9),
    Ratio(MOVED, MOVED_BARE, 0.7),
)


def main() -> None:
    """Print a table for each database."""
    scale = chosen()
    with places() as each:
        for place in each:
            measure(place, scale)


def measure(place: Place, scale: Scale) -> None:
    """Fill, start everything, and let them take turns."""
    with place.services() as services:
        people = crowd.fill(services, episodes=scale.episodes, members=scale.members)
    with contextlib.ExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours, _ = stack.enter_context(place.serving(**S3))
        packed = fetch(ours + people.feeds[0], Accept_Encoding="gzip")
        (files / "feed.xml.gz").write_bytes(packed.body)
        (files / "feed.xml").write_bytes(gzip.decompress(packed.body))
        theirs = stack.enter_context(nginx(files))
        look, move, naive = (
            stack.enter_context(bare(f"benchmarks.baselines:{name}", place))
            for name in ("lookup", "redirect", "naive")
        )
        static_tag = fetch(theirs + "/feed.xml", Accept_Encoding="gzip").headers["ETag"]

        def load(url: str, paths: list[str], **headers: str) -> Callable[[], float]:
            return lambda: wrk(url, paths, seconds=scale.seconds, **headers).per_second

        packing = {"Accept_Encoding": "gzip"}
        known = packing | {"If_None_Match": packed.headers["ETag"]}
        runs = take_turns(
            {
                FULL: load(ours, people.feeds, **packing),
                FULL_NGINX: load(theirs, ["/feed.xml"], **packing),
                SAME: load(ours, people.feeds, **known),
                SAME_NGINX: load(theirs, ["/feed.xml"], **packing, If_None_Match=static_tag),
                SAME_BARE: load(look, people.feeds, **known),
                MOVED: load(ours, people.audio),
                MOVED_BARE: load(move, people.audio),
                NAIVE: load(naive, people.feeds, **packing),
            },
            scale.rounds,
        )
    print(f"\n{place.database}: {scale.episodes} episodes, {len(packed.body) / 1e3:.0f} kB in gzip,")
    print_runs(f"{scale.members} members · requests/s", runs)
    print_ratios(runs, RATIOS)


if __name__ == "__main__":
    main()
