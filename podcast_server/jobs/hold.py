"""Who runs a job: one worker takes it, gives signs of life while it works, and lets it go.

A worker that died gives none, so that another takes the job over soon. All times are those of the
database's clock: the clocks of the workers' machines may differ.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType

from sqlalchemy import CursorResult, Update, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from podcast_server.database import database_now, reading
from podcast_server.job_runs import JobRun
from podcast_server.services import Services

log = logging.getLogger(__name__)

HOLDS = timedelta(seconds=30)  # without a sign of life; then another takes over
BEAT = 5.0  # seconds between two signs of life
# A time that lies further ahead than anything we write was written by a clock that was put back
# since. Smaller differences are those of machines among each other.
SKEW = timedelta(minutes=10)
# Until a failed job is tried again, unless it is due earlier anyway.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
DIED = "the worker that ran it ended in the middle of it"


def name_worker() -> str:
    """A name for a worker process that no other has, and that says where it runs."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def wait_after(failures: int, every: timedelta) -> timedelta:
    """How long a job waits after so many failures in a row."""
    return min(WAITS[min(failures, len(WAITS)) - 1], every) if failures else timedelta(0)


def is_due(state: JobRun, every: timedelta, now: datetime) -> bool:
    """Whether a job is to be begun now, by whoever is first."""
    if not state.held_by:
        return not now < state.due_at <= now + every + SKEW
    # Held. One that takes its worker down with it each time must not do so without a pause.
    pause = wait_after(state.failures, every)
    free_at = (state.held_until or now) + pause
    return not now < free_at <= now + HOLDS + pause + SKEW


def take(
    services: Services, name: str, every: timedelta, now: datetime, worker: str
) -> Hold | None:
    """Take a job if it is due; None where it is not, or another worker was faster."""
    with reading(services.engine) as session:
        state = session.get(JobRun, name)
    if state is not None and not is_due(state, every, now):
        return None
    hold = Hold(services, name, f"{worker}/{secrets.token_hex(4)}", now)
    mine = {
        "due_at": now + every,
        "started_at": now,
        "held_by": hold.by,
        "held_until": now + HOLDS,
    }
    try:
        with services.sessions.begin() as session:
            if state is None:
                session.add(JobRun(name=name, **mine))
                return hold
            if state.held_by:
                mine |= {"failures": state.failures + 1, "error": DIED}
            taken = session.execute(
                update(JobRun)
                .where(
                    JobRun.name == name,
                    JobRun.due_at == state.due_at,
                    JobRun.held_by == state.held_by,
                    JobRun.held_until.is_not_distinct_from(state.held_until),
                )
                .values(mine)
            )
            assert isinstance(taken, CursorResult)
    except IntegrityError:
        return None  # another worker met the job for the first time too
    if not taken.rowcount:
        return None
    if state.held_by:
        log.warning("job %s is taken over from %s, which ended", name, state.held_by)
    return hold


@dataclass(slots=True)
class Hold:
    """A job that is ours; as a context, with signs of life while the work goes on."""

    services: Services
    name: str
    by: str
    since: datetime
    _over: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Hold:
        threading.Thread(target=self._live, name=f"alive {self.name}", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()

    def finish(self, error: str, every: timedelta) -> None:
        """Note how it went, and let go. A failed one is due again after a pause."""
        now = self.since + timedelta(seconds=time.monotonic() - self._began)
        with self.services.sessions.begin() as session:
            state = session.get_one(JobRun, self.name)
            if state.held_by != self.by:
                log.warning("job %s was taken over while it still ran here", self.name)
                return
            state.held_by, state.held_until = "", None
            state.finished_at = now
            state.error = error
            state.failures = state.failures + 1 if error else 0
            if error:
                state.due_at = min(state.due_at, now + wait_after(state.failures, every))

    def _live(self) -> None:
        while not self._over.wait(BEAT):
            try:
                if not self._beat():
                    return
            except SQLAlchemyError:
                log.warning("job %s goes on; the database does not answer just now", self.name)

    def _beat(self) -> bool:
        until = database_now(self.services.engine) + HOLDS
        with self.services.sessions.begin() as session:
            mine = JobRun.held_by == self.by, JobRun.name == self.name
            kept = session.execute(update(JobRun).where(*mine).values(held_until=until))
            assert isinstance(kept, CursorResult)
            return bool(kept.rowcount)


def give_back(services: Services, worker: str, now: datetime) -> None:
    """Make what a worker still runs due again at once, for others: it is about to end."""
    mine = JobRun.held_by.startswith(f"{worker}/", autoescape=True)
    freed: Update = update(JobRun).where(mine).values(held_by="", held_until=None, due_at=now)
    with services.sessions.begin() as session:
        session.execute(freed)
