"""The worker process: huey's consumer, which ticks every minute and takes queued tasks."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from huey import Huey, PostgresHuey, SqliteHuey, crontab
from psycopg import OperationalError as PostgresAway
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from podcast_server.jobs.feed_imports import imports_loop
from podcast_server.jobs.hits import hits_loop
from podcast_server.jobs.runner import run_due_jobs
from podcast_server.monitoring.error_reports import report_errors
from podcast_server.monitoring.traces import open_traces
from podcast_server.services import Services, now_utc

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE_COMES_BACK = 60.0  # seconds that a worker waits for it when it starts
BETWEEN_ATTEMPTS = 1.0


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
        return SqliteHuey("jobs", filename=str(services.settings.data / "queue.sqlite3"))
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresHuey("jobs", dsn=dsn)


def run_worker(services: Services, *, parent: int | None = None) -> None:
    """Work until told to stop (SIGINT lets a running job finish; SIGTERM does not).

    With ``parent`` the worker also ends when that process is gone, so that a killed server
    leaves no orphan behind.
    """
    queue = once_the_database_answers(lambda: open_queue(services))
    consumer: Any = queue.create_consumer(workers=1, periodic=True, check_worker_health=False)

    send_reports = report_errors(services.settings.monitoring)
    traces = open_traces(services.settings.monitoring, "worker")

    def tick() -> None:
        run_due_jobs(services, now_utc(), traces=traces)

    queue.periodic_task(crontab(minute="*"), name="tick")(tick)
    if parent is not None:
        _end_after(parent)
    loops = [imports_loop(services), hits_loop(services)]
    for loop in loops:
        loop.start()
    _tick_at_once(tick)
    try:
        consumer.run()
    finally:
        for loop in loops:
            loop.end()
        traces.close()
        send_reports()


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
