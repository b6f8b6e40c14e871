"""Run what is due, each job by one worker however many look at the same time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from podcast_server.database import reading
from podcast_server.job_runs import JobRun
from podcast_server.jobs.hold import Hold, name_worker, take
from podcast_server.jobs.schedule import SCHEDULE, Job
from podcast_server.monitoring.traces import NOWHERE, Traces
from podcast_server.services import Services

log = logging.getLogger(__name__)


def run_due_jobs(
    services: Services,
    now: datetime,
    jobs: Iterable[Job] = SCHEDULE,
    traces: Traces = NOWHERE,
    worker: str = "",
) -> list[str]:
    """Run every job whose time has come; gives the names of those that ran here.

    A job that fails is logged, shown, and tried again after a pause that grows. Where the
    database is away, none runs and the next round finds the same ones due. ``now`` is the
    database's time, ``worker`` the name of this process.
    """
    worker = worker or name_worker()
    ran = []
    for job in jobs:
        hold = take(services, job.name, job.every, now, worker)
        if hold is not None:
            _run(hold, job, now, traces)
            ran.append(job.name)
    return ran


def _run(hold: Hold, job: Job, now: datetime, traces: Traces) -> None:
    error = ""
    with hold:
        try:
            with traces.job(job.name):
                job.run(hold.services, now)
        except Exception as problem:
            # Whatever it was, the other jobs must go on; the state keeps it visible.
            log.exception("job %s failed", job.name)
            error = f"{type(problem).__name__}: {problem}"
    hold.finish(error, job.every)


def job_states(services: Services) -> list[JobRun]:
    """How each job stands, by name."""
    with reading(services.engine) as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.name)))
