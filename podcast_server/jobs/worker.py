"""The worker process: huey's consumer, which ticks every minute and takes queued tasks."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

from huey import Huey, PostgresHuey, SqliteHuey, crontab

from podcast_server.jobs.feed_imports import ImportsThread
from podcast_server.jobs.runner import run_due_jobs
from podcast_server.services import Services, now_utc


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
    queue = open_queue(services)
    consumer: Any = queue.create_consumer(workers=1, periodic=True, check_worker_health=False)

    def tick() -> None:
        run_due_jobs(services, now_utc())

    queue.periodic_task(crontab(minute="*"), name="tick")(tick)
    if parent is not None:
        _end_after(parent)
    imports = ImportsThread(services)
    imports.start()
    tick()  # not to wait for the first full minute
    try:
        consumer.run()
    finally:
        imports.end()


def _end_after(parent: int) -> None:
    """Stop this process, letting a running job finish, once its parent is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, name="parent", daemon=True).start()
