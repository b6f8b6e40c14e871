"""A worker process for tests: the real one, with jobs that note in a file when they run.

python -m tests.podcast_server.jobs.hand NOTES SECONDS_THE_CLOCK_IS_WRONG JOB:EVERY:LASTS…
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from podcast_server import services as composition
from podcast_server.jobs import hold, worker
from podcast_server.jobs.schedule import Job
from podcast_server.services import Services, now_utc, open_services
from podcast_server.settings import load_settings


def note(path: Path, *words: object) -> None:
    """One line, whole: appending a short one is not torn apart by others who do the same."""
    with path.open("ab", buffering=0) as file:
        file.write((" ".join(map(str, words)) + "\n").encode())


def noting(path: Path, name: str, lasts: float) -> Callable[[Services, datetime], None]:
    def run(_services: Services, now: datetime) -> None:
        note(path, name, "begins", os.getpid(), time.monotonic(), now.timestamp())
        time.sleep(lasts)
        note(path, name, "ends", os.getpid(), time.monotonic())

    return run


def main(notes: str, wrong: str, *jobs: str) -> None:
    composition.now_utc = lambda: now_utc() + timedelta(seconds=float(wrong))
    hold.HOLDS, hold.BEAT = timedelta(seconds=3), 0.3
    worker.LOOK_EVERY = 0.1
    made = []
    for job in jobs:
        name, every, lasts = job.split(":")
        run = noting(Path(notes), name, float(lasts))
        made.append(Job(name, timedelta(seconds=float(every)), run))
    vars(worker)["SCHEDULE"] = tuple(made)
    worker.run_worker(open_services(load_settings(None, os.environ)))


if __name__ == "__main__":
    main(*sys.argv[1:])
