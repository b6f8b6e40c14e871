"""What each member who polls costs in memory: ``python -m benchmarks.memory``.

The resident set of the real server's worker, first with one member polling over all
connections, then after every one of many members has polled.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.load import wrk
from benchmarks.servers import Place, places

GZIP = {"Accept-Encoding": "gzip"}


def main() -> None:
    """Print a line for each database."""
    scale = scales.chosen()
    heads = f"{'one member':>14}{'many':>14}{'per 10,000 distinct members':>32}"
    print(f"{'worker, MB resident':24}{heads}")
    with places() as each:
        for place in each:
            one, many = measure(place, scale)
            per = (many - one) / scale.polling_members * 10_000
            print(f"{place.database:24}{one:14.1f}{many:14.1f}{per:32.1f}", flush=True)


def measure(place: Place, scale: scales.Scale) -> tuple[float, float]:
    """Megabytes with one member polling and with all of them."""
    with place.services() as services:
        people = crowd.fill(services, episodes=scale.episodes, members=scale.polling_members)
    with place.serving() as ours:
        url, worker = ours.url, ours.worker
        wrk(url, people.feeds[:1], seconds=scale.seconds, headers=GZIP)
        one, asked = resident(worker), 0.0
        while asked < scale.polling_members:
            rest = people.feeds[int(asked) :]  # wrk starts at the head of its list
            load = wrk(url, rest, seconds=scale.seconds, headers=GZIP)
            asked += load.per_second * scale.seconds * 0.9
        return one, resident(worker)


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


if __name__ == "__main__":
    main()
