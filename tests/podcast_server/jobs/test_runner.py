"""Scheduled jobs: each when it is due, once however many workers look, errors kept visible."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from podcast_server.jobs.hold import DIED, take
from podcast_server.jobs.loop import end_all
from podcast_server.jobs.runner import job_states, run_due_jobs
from podcast_server.jobs.schedule import SCHEDULE, Job
from podcast_server.jobs.worker import lanes
from podcast_server.services import Services

HOUR = timedelta(hours=1)


def test_a_job_runs_when_due_and_not_before(services: Services, now: datetime) -> None:
    ran: list[datetime] = []
    jobs = [Job("note", HOUR, lambda _services, at: ran.append(at))]
    for moment in (now, now + HOUR / 2, now + HOUR, now + HOUR):
        run_due_jobs(services, moment, jobs)
    assert ran == [now, now + HOUR]


def test_many_workers_run_a_due_job_once(services: Services, now: datetime) -> None:
    ran: list[int] = []
    jobs = [Job("note", HOUR, lambda _services, _at: ran.append(1))]
    for moment in (now, now + HOUR):
        workers = [
            threading.Thread(target=run_due_jobs, args=(services, moment, jobs)) for _ in range(6)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert len(ran) == 2


def test_a_failing_job_is_shown_and_stops_no_other(services: Services, now: datetime) -> None:
    ran: list[str] = []

    def fail(_services: Services, _now: datetime) -> None:
        raise OSError("the disk is full")

    jobs = [Job("a", HOUR, fail), Job("b", HOUR, lambda _services, _now: ran.append("b"))]
    run_due_jobs(services, now, jobs)
    assert ran == ["b"]
    [a, b] = job_states(services)
    assert (a.failures, a.error) == (1, "OSError: the disk is full")
    assert (b.failures, b.error) == (0, "")
    run_due_jobs(services, now + HOUR, [Job("a", HOUR, lambda _services, _now: None)])
    assert (job_states(services)[0].failures, job_states(services)[0].error) == (0, "")


def test_a_clock_that_was_put_back_keeps_no_job_waiting(services: Services, now: datetime) -> None:
    ran: list[datetime] = []
    jobs = [Job("note", HOUR, lambda _services, at: ran.append(at))]
    ahead, later = now + timedelta(days=1), now + HOUR / 2
    for moment in (ahead, now, later):
        run_due_jobs(services, moment, jobs)
    assert ran == [ahead, now]  # at once after the jump, then as ever


def test_two_workers_whose_clocks_differ_by_minutes_run_it_once(
    services: Services, now: datetime
) -> None:
    ran: list[datetime] = []
    minute = timedelta(minutes=1)
    jobs = [Job("note", minute, lambda _services, at: ran.append(at))]
    for passed in range(6):
        moment = now + passed * minute / 6
        run_due_jobs(services, moment + 2 * minute, jobs)
        run_due_jobs(services, moment, jobs)
    assert len(ran) == 1


def test_a_failed_daily_job_is_tried_again_after_growing_pauses(
    services: Services, now: datetime
) -> None:
    tried: list[int] = []
    at = 0

    def fail(_services: Services, _now: datetime) -> None:
        tried.append(at)
        raise OSError("the line is down")

    jobs = [Job("daily", timedelta(days=1), fail)]
    for minute in range(300):
        at = minute
        run_due_jobs(services, now + timedelta(minutes=minute, seconds=minute), jobs)
    assert [minutes - earlier for earlier, minutes in pairwise(tried)][:4] == [1, 5, 15, 60]
    assert job_states(services)[0].failures == len(tried)


def test_one_that_is_due_sooner_than_the_pause_runs_when_it_is_due(
    services: Services, now: datetime
) -> None:
    def fail(_services: Services, _now: datetime) -> None:
        raise OSError("the line is down")

    jobs = [Job("often", timedelta(minutes=2), fail)]
    ran = 0
    for minute in range(60):
        ran += len(run_due_jobs(services, now + timedelta(minutes=minute, seconds=minute), jobs))
    assert ran >= 29


def test_after_a_failure_is_mended_the_interval_is_as_ever(
    services: Services, now: datetime
) -> None:
    ran: list[datetime] = []

    def fail_once(_services: Services, at: datetime) -> None:
        ran.append(at)
        if len(ran) == 1:
            raise OSError("the line is down")

    jobs = [Job("daily", timedelta(days=1), fail_once)]
    again = now + timedelta(minutes=2)
    for moment in (now, again, again + HOUR, again + timedelta(hours=23), again + 25 * HOUR):
        run_due_jobs(services, moment, jobs)
    assert ran == [now, again, again + 25 * HOUR]


def test_a_job_that_takes_its_worker_down_each_time_waits_in_between(
    services: Services, now: datetime
) -> None:
    """Its worker is gone before it could note anything."""
    taken: list[int] = []
    for minute in range(120):
        moment = now + timedelta(minutes=minute, seconds=2 * minute)
        if take(services, "daily", timedelta(days=1), moment, "lost"):
            taken.append(minute)
    assert taken[:2] == [0, 1]
    assert len(taken) <= 7
    assert job_states(services)[0].error == DIED


def test_long_jobs_have_lanes_of_their_own() -> None:
    begun: list[str] = []
    free = threading.Event()

    def run(jobs: Sequence[Job]) -> None:
        begun.extend(job.name for job in jobs)
        if jobs[0].name == "back-up":
            free.wait(30)

    def nothing(_services: Services, _now: datetime) -> None: ...

    jobs = [Job("back-up", HOUR, nothing), Job("mail", HOUR, nothing)]
    jobs.append(Job("forget", HOUR, nothing, long=False))
    made = lanes(jobs, run)
    for lane in made:
        lane.start()
    last = time.monotonic() + 20
    while len(begun) < 2 and time.monotonic() < last:
        time.sleep(0.01)
    free.set()
    end_all(made)
    assert sorted(begun) == ["back-up", "mail"]


@pytest.mark.parametrize(
    "name", ["back-up", "reconcile-payments", "watch-sharing", "count-downloads", "send-mail"]
)
def test_what_may_take_long_is_marked_so(name: str) -> None:
    assert [job.long for job in SCHEDULE if job.name == name] == [True]
