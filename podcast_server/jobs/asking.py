"""Somebody wants a job to run now instead of when it is next due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from podcast_server.job_runs import JobRun


def ask_to_run(session: Session, name: str, now: datetime) -> bool:
    """Have a job run in the worker's next round; False for one that never ran yet."""
    asked = session.execute(update(JobRun).where(JobRun.name == name).values(due_at=now))
    assert isinstance(asked, CursorResult)
    return bool(asked.rowcount)


def is_running(run: JobRun) -> bool:
    """Whether the job began and has not ended, as far as was written down."""
    if run.started_at is None:
        return False
    return run.finished_at is None or run.finished_at < run.started_at
