"""Scheduled jobs: each when it is due, once however many workers look, errors kept visible."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from podcast_server.jobs.runner import job_states, run_due_jobs
from podcast_server.jobs.schedule import Job
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
