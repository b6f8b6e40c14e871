"""Feed polls and enclosure redirects on the real server: ``python -m benchmarks.polling``.

The server as `podcast-server serve` starts it, with one worker, against nginx and against
plain applications on the same web server. Each has the first core to itself while it is asked,
wrk has the second, PostgreSQL takes what it finds. Figures are requests per second.
"""

from __future__ import annotations

import contextlib
import gzip
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.load import wrk
from benchmarks.servers import S3, Place, Served, bare, cpu_seconds, nginx, places, settle
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns
from tests.running import fetch

Headers = dict[str, str]
GZIP = {"Accept-Encoding": "gzip"}

FULL, FULL_NGINX, NAIVE = "200 gzip", "nginx gzip_static", "feedgen + gzip each time"
FULL_BARE = "bare application, the same bytes"
SAME, SAME_NGINX, SAME_BARE = "304", "nginx 304", "bare application, same look-up"
MOVED, MOVED_BARE = "enclosure 302, recorded", "bare application, constant 302"

RATIOS = (
    Ratio(FULL, FULL_NGINX, 0.8),
    # nginx hands over pages of the file, every Python server copies: so far the machine's own part.
    Ratio(FULL_BARE, FULL_NGINX),
    Ratio(FULL, FULL_BARE),
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
        asked = start(place, people, files, stack)
        efforts: dict[str, list[float]] = {name: [] for name in asked}
        ways = {
            name: partial(run, served, paths, headers, scale.seconds, efforts[name])
            for name, (served, paths, headers) in asked.items()
        }
        runs = take_turns(ways, scale.rounds)
        kilobytes = (files / "feed.xml.gz").stat().st_size / 1e3
    size = f"{scale.episodes} episodes, {kilobytes:.0f} kB in gzip"
    print(f"\n{place.database}: {size}, {scale.members} members")
    print_runs("requests per second", runs)
    print_ratios(runs, RATIOS, judged=scale is scales.FULL)
    print_runs("\nrequests per second of the worker's processor time", efforts)
    print_ratios(efforts, RATIOS, judged=scale is scales.FULL)


def start(
    place: Place, people: crowd.Crowd, files: Path, stack: contextlib.ExitStack
) -> dict[str, tuple[Served, list[str], Headers]]:
    """Start all servers; gives what each is asked for. ``files`` gets what nginx serves."""
    ours = stack.enter_context(place.serving(**S3))
    packed = fetch(ours.url + people.feeds[0], Accept_Encoding="gzip")
    (files / "feed.xml.gz").write_bytes(packed.body)
    (files / "feed.xml").write_bytes(gzip.decompress(packed.body))
    theirs = stack.enter_context(nginx(files))
    look, move, naive = (
        stack.enter_context(bare(f"benchmarks.baselines:{name}", place))
        for name in ("lookup", "redirect", "naive")
    )
    copied = stack.enter_context(
        bare("benchmarks.baselines:same_bytes", place, FILE=str(files / "feed.xml.gz"))
    )
    static_tag = fetch(theirs.url + "/feed.xml", Accept_Encoding="gzip").headers["ETag"]
    known = GZIP | {"If-None-Match": packed.headers["ETag"]}
    static = GZIP | {"If-None-Match": static_tag}
    return {
        FULL: (ours, people.feeds, GZIP),
        FULL_NGINX: (theirs, ["/feed.xml"], GZIP),
        FULL_BARE: (copied, people.feeds, GZIP),
        SAME: (ours, people.feeds, known),
        SAME_NGINX: (theirs, ["/feed.xml"], static),
        SAME_BARE: (look, people.feeds, known),
        MOVED: (ours, people.audio, {}),
        MOVED_BARE: (move, people.audio, {}),
        NAIVE: (naive, people.feeds, GZIP),
    }


def run(
    served: Served, paths: list[str], headers: Headers, seconds: int, efforts: list[float]
) -> float:
    """Requests per second; notes beside it how many a second of processor time answers.

    The latter counts what is done after the answer too, such as writing hits down, and moves
    less when others use the machine.
    """
    before = cpu_seconds(served.worker)
    measured = wrk(served.url, paths, seconds=seconds, headers=headers)
    settle(served.worker)
    efforts.append(measured.requests / max(cpu_seconds(served.worker) - before, 0.01))
    if served.jobs is not None:
        # It looks every second for downloads to make rows of: not while another is asked.
        settle(served.jobs, quiet=1.5)
    return measured.per_second


if __name__ == "__main__":
    main()
