"""The worker process: huey's consumer, which ticks every minute and takes queued tasks, and a
lane beside it for each long job."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from huey import Huey, PostgresHuey, SqliteHuey, crontab
from psycopg import OperationalError as PostgresAway
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from podcast_server.database import database_now
from podcast_server.jobs.feed_imports import imports_loop
from podcast_server.jobs.hits import hits_loop
from podcast_server.jobs.hold import give_back, name_worker
from podcast_server.jobs.loop import Loop, end_all
from podcast_server.jobs.runner import run_due_jobs
from podcast_server.jobs.schedule import SCHEDULE, Job
from podcast_server.monitoring.error_reports import report_errors
from podcast_server.monitoring.traces import open_traces
from podcast_server.private import make_private_file
from podcast_server.services import Services

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_COMES_BACK = 60.0  # seconds that a worker waits for it when it starts
BETWEEN_ATTEMPTS = 1.0
_MAKING_TABLES = 7_103_002  # the only lock of its kind (pg_advisory_xact_lock) that we take
LOOK_EVERY = 15.0  # seconds between two looks whether a long job is due


def once_the_database_answers(action: Callable[[], T]) -> T:
    """Do what needs the database, which may be starting with the machine, or after a fault.

    Raises what the action raises, after a minute of trying where the database is away.
    """
    last_attempt = time.monotonic() + DATABASE_COMES_BACK
    while True:
        try:
            return action()
        except (OperationalError, PostgresAway):
            if time.monotonic() > last_attempt:
                raise
            log.warning("the database does not answer: the jobs wait for it")
            time.sleep(BETWEEN_ATTEMPTS)


def open_queue(services: Services) -> Huey:
    """The task queue: a file beside SQLite, or tables in PostgreSQL."""
    url = services.engine.url
    if url.get_backend_name() == "sqlite":
        path = services.settings.data / "queue.sqlite3"
        make_private_file(path)
        return SqliteHuey("jobs", filename=str(path))
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with services.engine.begin() as connection:
        # One after the other: workers that start at the same moment all find the tables missing.
        connection.execute(select(func.pg_advisory_xact_lock(_MAKING_TABLES)))
        return PostgresHuey("jobs", dsn=dsn)


def run_worker(services: Services, *, parent: int | None = None) -> None:
    """Work until told to stop (SIGINT lets what runs finish, for 20 seconds; SIGTERM does not).

    With ``parent`` the worker also ends when that process is gone, so that a killed server
    leaves no orphan behind.
    """
    queue = once_the_database_answers(lambda: open_queue(services))
    consumer: Any = queue.create_consumer(workers=1, periodic=True, check_worker_health=False)

    send_reports = report_errors(services.settings.monitoring)
    traces = open_traces(services.settings.monitoring, "worker")
    worker = name_worker()

    def run(jobs: Sequence[Job]) -> None:
        run_due_jobs(services, database_now(services.engine), jobs, traces, worker)

    def tick() -> None:
        run([job for job in SCHEDULE if not job.long])

    queue.periodic_task(crontab(minute="*"), name="tick")(tick)
    if parent is not None:
        _end_after(parent)
    loops = [imports_loop(services), hits_loop(services), *lanes(SCHEDULE, run)]
    for loop in loops:
        loop.start()
    try:
        _tick_at_once(tick)
        consumer.run()
    finally:
        end_all(loops)
        _give_back(services, worker)
        traces.close()
        send_reports()


def lanes(jobs: Sequence[Job], run: Callable[[Sequence[Job]], None]) -> list[Loop]:
    """A loop of its own for each long job: a backup of hours must not hold up a mail."""
    return [
        Loop(job.name, LOOK_EVERY, partial(run, [job]), at_once=True) for job in jobs if job.long
    ]


def _give_back(services: Services, worker: str) -> None:
    """What still runs ends with us: another worker begins it anew, without taking us for dead."""
    with suppress(SQLAlchemyError):  # then it waits until we are taken for dead
        give_back(services, worker, database_now(services.engine))


def _tick_at_once(tick: Callable[[], None]) -> None:
    """Not to wait for the first full minute; a database that is just away may come back."""
    try:
        tick()
    except SQLAlchemyError:
        log.exception("the jobs cannot run now, trying again in a minute")


def _end_after(parent: int) -> None:
    """Stop this process, letting a running job finish, once its parent is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, name="parent", daemon=True).start()
