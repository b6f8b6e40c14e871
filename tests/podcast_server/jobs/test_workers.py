"""Several worker processes on one database: each due run happens once, and none is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from podcast_server.jobs.runner import job_states
from tests.postgresql import Databases
from tests.running import PATIENCE, Installation, installation

pytestmark = pytest.mark.slow

HAND = "tests.podcast_server.jobs.hand"


@dataclass(frozen=True)
class Run:
    """One run of a job: by whom, from when to when, and the time that the job was told."""

    worker: int
    begins: float
    told: float
    ends: float | None


@dataclass
class Crew:
    """Worker processes of one installation, and what their jobs noted."""

    place: Installation
    notes: Path
    workers: list[subprocess.Popen[bytes]]

    def hire(self, *jobs: str, wrong: float = 0) -> subprocess.Popen[bytes]:
        with self.place.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", HAND, str(self.notes), str(wrong), *jobs],
                cwd=self.place.folder,
                env=self.place.environ,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def runs(self, job: str) -> list[Run]:
        """In the order in which they began."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        words = [line.split() for line in lines]
        ends = [(int(w[2]), float(w[3])) for w in words if w[:2] == [job, "ends"]]
        found = []
        for each in words:
            if each[:2] == [job, "begins"]:
                worker, begins = int(each[2]), float(each[3])
                later = [end for who, end in ends if who == worker and end >= begins]
                found.append(Run(worker, begins, float(each[4]), min(later, default=None)))
        return sorted(found, key=lambda run: run.begins)

    def wait(self, done: Callable[[], bool], patience: float = PATIENCE) -> None:
        last = time.monotonic() + patience
        while not done():
            assert time.monotonic() < last, self.place.log.read_text()
            time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    extra = {}
    if request.param == "postgresql":
        databases: Databases = request.getfixturevalue("migrated_postgresql")
        extra["database__url"] = databases.create()
    made = Crew(installation(tmp_path, **extra), tmp_path / "notes.txt", [])
    yield made
    for worker in made.workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        worker.wait()


def test_a_job_that_outlasts_its_interval_is_never_run_by_two_at_once(crew: Crew) -> None:
    for _ in range(3):
        crew.hire("back-up:1:4", "mail:1:0")
    crew.wait(lambda: len(crew.runs("back-up")) >= 3)
    backups = crew.runs("back-up")
    for before, after in pairwise(backups):
        assert before.ends is not None
        assert before.ends <= after.begins
    # Meanwhile the short one went on, once for each time it was due.
    mails = [run.told for run in crew.runs("mail")]
    assert len(mails) >= 5
    assert min(after - before for before, after in pairwise(mails)) >= 1


def test_workers_whose_clocks_differ_run_a_job_once_when_it_is_due(crew: Crew) -> None:
    for wrong in (0, 120, -7200):
        crew.hire("note:3:0", wrong=wrong)
    crew.wait(lambda: len(crew.runs("note")) >= 3)
    told = [run.told for run in crew.runs("note")]
    assert min(after - before for before, after in pairwise(told)) >= 3
    assert abs(told[0] - time.time()) < 60


def test_what_a_killed_worker_ran_is_soon_taken_over_by_another(crew: Crew) -> None:
    first = crew.hire("daily:86400:60")
    crew.wait(lambda: len(crew.runs("daily")) == 1)
    crew.hire("daily:86400:60")
    crew.hire("daily:86400:60")
    time.sleep(6)  # twice as long as it is held without a sign of life
    assert len(crew.runs("daily")) == 1
    first.kill()
    killed = time.monotonic()
    crew.wait(lambda: len(crew.runs("daily")) == 2, patience=20)
    assert crew.runs("daily")[1].begins - killed < 10
    time.sleep(1)
    assert len(crew.runs("daily")) == 2
    with crew.place.services() as services:
        [state] = job_states(services)
        assert (state.failures, state.error[:10]) == (1, "the worker")


def test_a_worker_that_is_told_to_end_leaves_its_long_job_to_others_at_once(crew: Crew) -> None:
    first = crew.hire("daily:86400:90")
    crew.wait(lambda: len(crew.runs("daily")) == 1)
    first.send_signal(signal.SIGINT)
    assert first.wait(PATIENCE) == 0
    crew.hire("daily:86400:0")
    crew.wait(lambda: len(crew.runs("daily")) == 2)
    with crew.place.services() as services:
        crew.wait(lambda: not job_states(services)[0].held_by)
        assert job_states(services)[0].failures == 0
