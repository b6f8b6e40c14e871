"""May this process be sent requests? Answered by trying, not by guessing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from episodes.errors import EpisodeError
from podcast_server.database import DatabaseError, SchemaIsNewer, reading, require_current_schema
from podcast_server.job_runs import JobRun
from podcast_server.services import Services

log = logging.getLogger(__name__)

# The most frequent jobs begin every minute; a long one may hold them up for a while.
JOBS_LATE = timedelta(minutes=15)
NEWER = "newer"


@dataclass(frozen=True, slots=True)
class Readiness:
    """How each thing stands: "ok", or in a word what is wrong. No secrets, no addresses."""

    database: str
    storage: str
    jobs: str

    @property
    def ready(self) -> bool:
        """Whether requests can be answered. Jobs that are late must be looked after, but
        sending listeners away from every web process would make it worse."""
        return self.database in {"ok", NEWER} and self.storage == "ok"


def look(services: Services, now: datetime) -> Readiness:
    """Try database, schema and storage, and see when jobs last began. Never raises for what
    is away; the log says more than the answer."""
    database = _database(services)
    jobs = _jobs(services, now) if database in {"ok", NEWER} else "unknown"
    return Readiness(database, _storage(services), jobs)


def _database(services: Services) -> str:
    try:
        require_current_schema(services.engine)
    except SchemaIsNewer:
        # The next version has migrated and our turn to be replaced comes: until then all
        # that we read and write is there. Sending everybody away would be the outage.
        return NEWER
    except DatabaseError as error:
        log.warning("not ready: %s", error)
        return "schema"
    except SQLAlchemyError as error:
        log.warning("not ready: the database cannot be reached (%s)", type(error).__name__)
        return "unreachable"
    return "ok"


def _storage(services: Services) -> str:
    try:
        # Asking for what is not there needs the same ways and rights as asking for audio.
        services.storage.stat("probe/ready.bin")
    except (EpisodeError, OSError) as error:
        log.warning("not ready: the storage cannot be used: %s", error)
        return "unreachable"
    return "ok"


def _jobs(services: Services, now: datetime) -> str:
    newest = newest_start(services)
    if newest is None:
        return "never"
    return "ok" if now - newest < JOBS_LATE else "late"


def newest_start(services: Services) -> datetime | None:
    """When a scheduled job last began, in UTC; None for never."""
    with reading(services.engine) as session:
        return session.scalar(select(func.max(JobRun.started_at)))
