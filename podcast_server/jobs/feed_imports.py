"""Bringing shows over, beside the other jobs: hours of fetching must not hold up a mail."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import Interrupted
from episodes.rss_import.imports import due_imports
from episodes.rss_import.run import claim, work_on
from podcast_server.database import reading
from podcast_server.jobs.loop import Loop
from podcast_server.sealing import KeyVault
from podcast_server.services import Services, now_utc

LOOK_EVERY = 5.0  # seconds


def open_desk(services: Services, stopped: Callable[[], bool] = lambda: False) -> Desk:
    """What an import needs, by the settings."""
    settings = services.settings
    return Desk(
        sessions=services.sessions,
        storage=services.storage,
        vault=KeyVault(services.tokens),
        folder=settings.data / "imports",
        public_url=settings.site.public_url,
        clock=now_utc,
        convert_to=settings.ingest.form,
        max_bytes=settings.ingest.max_upload_mb * 1024 * 1024,
        connections=settings.imports.connections,
        allow_loopback=settings.imports.allow_loopback,
        stopped=stopped,
    )


def work_off_imports(services: Services, desk: Desk) -> int:
    """Do what is due and nobody does; how many imports that were."""
    with reading(services.engine) as session:
        due = due_imports(session, desk.clock())
    mine = [key for key in due if claim(desk, key)]
    for key in mine:
        work_on(desk, key)
    return len(mine)


def imports_loop(services: Services) -> Loop:
    """Looks for imports every few seconds; told to end, it leaves each where it is, for the next
    start to go on with."""

    def look() -> None:
        with contextlib.suppress(Interrupted):  # told to end
            work_off_imports(services, desk)

    loop = Loop("imports", LOOK_EVERY, look)
    desk = open_desk(services, loop.is_ending)
    return loop
