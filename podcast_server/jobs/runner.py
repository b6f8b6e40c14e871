"""Run what is due, each job once however many workers look at the same time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError

from podcast_server.database import reading
from podcast_server.job_runs import JobRun
from podcast_server.jobs.schedule import SCHEDULE, Job
from podcast_server.monitoring.traces import NOWHERE, Traces
from podcast_server.services import Services

log = logging.getLogger(__name__)


def run_due_jobs(
    services: Services,
    now: datetime,
    jobs: Iterable[Job] = SCHEDULE,
    traces: Traces = NOWHERE,
) -> list[str]:
    """Run every job whose time has come; gives the names of those that ran here.

    A job that fails is logged, shown, and tried again when it is next due. Where the database
    is away, none runs and the next round finds the same ones due.
    """
    return [
        job.name for job in jobs if _claim(services, job, now) and _run(services, job, now, traces)
    ]


def _claim(services: Services, job: Job, now: datetime) -> bool:
    """Move the job's due time forward; only one worker succeeds."""
    with reading(services.engine) as session:
        state = session.get(JobRun, job.name)
        due_at = state.due_at if state else None
    # Due later than a whole interval from now: the clock went wrong and was put back.
    if due_at is not None and now < due_at <= now + job.every:
        return False
    try:
        with services.sessions.begin() as session:
            if due_at is None:
                session.add(JobRun(name=job.name, due_at=now + job.every, started_at=now))
                return True
            moved = session.execute(
                update(JobRun)
                .where(JobRun.name == job.name, JobRun.due_at == due_at)
                .values(due_at=now + job.every, started_at=now)
            )
            assert isinstance(moved, CursorResult)
            return bool(moved.rowcount)
    except IntegrityError:
        return False  # another worker met the job for the first time too


def _run(services: Services, job: Job, now: datetime, traces: Traces) -> bool:
    try:
        with traces.job(job.name):
            job.run(services, now)
    except Exception as error:
        # Whatever it was, the other jobs must go on; the state keeps it visible.
        log.exception("job %s failed", job.name)
        _note(services, job, f"{type(error).__name__}: {error}", now)
        return True
    _note(services, job, "", now)
    return True


def _note(services: Services, job: Job, error: str, now: datetime) -> None:
    with services.sessions.begin() as session:
        state = session.get_one(JobRun, job.name)
        state.finished_at = now
        state.error = error
        state.failures = state.failures + 1 if error else 0


def job_states(services: Services) -> list[JobRun]:
    """How each job stands, by name."""
    with reading(services.engine) as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.name)))


def soonest(jobs: Iterable[Job] = SCHEDULE) -> timedelta:
    """The shortest interval of all jobs."""
    return min(job.every for job in jobs)
