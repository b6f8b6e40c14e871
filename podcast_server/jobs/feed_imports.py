"""Bringing shows over, beside the other jobs: hours of fetching must not hold up a mail."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import Interrupted
from episodes.rss_import.imports import due_imports
from episodes.rss_import.run import claim, work_on
from podcast_server.database import reading
from podcast_server.sealing import KeyVault
from podcast_server.services import Services, now_utc

log = logging.getLogger(__name__)

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


class ImportsThread:
    """Looks for imports every few seconds until it is told to end."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imports", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self, timeout: float = 20.0) -> None:
        """Leave everything where it is, for the next start to go on with."""
        self._ending.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        desk = open_desk(self._services, self._ending.is_set)
        while not self._ending.wait(LOOK_EVERY):
            try:
                work_off_imports(self._services, desk)
            except Interrupted:
                return
            except Exception:
                # Whatever it was, the next look may go better; the import says nothing of it.
                log.exception("an import failed")
