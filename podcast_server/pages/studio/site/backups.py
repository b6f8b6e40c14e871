"""Backups in the studio: the last ones, and one that is wanted now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from episodes.storage.base import StorageError
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import open_place
from podcast_server.backup.regular import WISH, finished_backups, wished_at
from podcast_server.database import reading
from podcast_server.job_runs import JobRun
from podcast_server.jobs.asking import ask_to_run, is_running
from podcast_server.services import Services
from podcast_server.site.decisions import decide

JOB = "back-up"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Backups:
    """How backups stand. ``state``: "" for at rest, "waiting", "running", "failed" (with the
    ``error``), "unreadable" or "unset"; ``last`` are the newest, newest first."""

    state: str
    error: str = ""
    last: Sequence[datetime] = ()


def backups_of(services: Services) -> Backups:
    """How they stand now."""
    section = services.settings.backup
    if not section.folder:
        return Backups("unset")
    try:
        made = finished_backups(open_place(services.settings, section.folder))
    except (OSError, ValueError, BackupError, StorageError) as error:
        return Backups("unreadable", str(error))
    with reading(services.engine) as database:
        run, wish = database.get(JobRun, JOB), wished_at(database)
    last = made[::-1][:SHOWN]
    if run is not None and is_running(run):
        return Backups("running", last=last)
    if run is not None and run.error:
        return Backups("failed", run.error, last)
    waits = wish is not None and (not made or made[-1] < wish)
    return Backups("waiting" if waits else "", last=last)


def ask_for_backup(session: Session, now: datetime) -> None:
    """Have one made in the worker's next round."""
    decide(session, WISH, now.replace(microsecond=0).isoformat(), now)
    ask_to_run(session, JOB, now)
