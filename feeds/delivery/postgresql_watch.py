"""The watch over a PostgreSQL database: triggers notify (LISTEN/NOTIFY), a thread listens.

A notice comes some milliseconds after the commit. The thread sends notices to itself as well;
when they stop coming, be it that the connection hangs or that a pooler in between swallows
them, nothing remembered is used until they come again.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import Any

import psycopg
from sqlalchemy import Engine

from feeds.delivery.memory import FeedMemory

log = logging.getLogger(__name__)

CHANNEL = "podcast_feeds"
HEARTBEAT = 2.0  # seconds between notices to ourselves
SILENCE = 6.0  # seconds without one until the memory is left alone
LONGEST_PAUSE = 30.0  # seconds between attempts to connect


class PostgresqlWatch:
    """Listens on a connection and a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._heard = float("-inf")
        self._stop = threading.Event()
        self._memory: FeedMemory | None = None
        self._starting = threading.Lock()

    def current(self, memory: FeedMemory) -> bool:
        """See Watch."""
        if self._memory is None:
            self._start(memory)
        return time.monotonic() - self._heard < SILENCE

    def close(self) -> None:
        """End the thread, soon."""
        self._stop.set()
        self._heard = float("-inf")

    def _start(self, memory: FeedMemory) -> None:
        with self._starting:
            if self._memory is None:
                self._memory = memory
                threading.Thread(target=self._run, name="feed changes", daemon=True).start()

    def _run(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            try:
                self._listen()
                pause = 1.0
            except Exception as error:
                # The database being away is told by everybody who needs it; here it only
                # means that feeds are looked up until it is back.
                log.warning("changes of feeds cannot be heard: %s", type(error).__name__)
                self._heard = float("-inf")
                self._stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _listen(self) -> None:
        fairy = self._engine.raw_connection()
        fairy.detach()  # it waits here for ever, so it is none of the pool's
        connection: Any = fairy.dbapi_connection
        try:
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANNEL}")
            # What changed before we listened was not heard.
            self._forget_everything()
            self._hear(connection)
        finally:
            self._heard = float("-inf")
            connection.close()

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        myself = secrets.token_hex(8)
        while not self._stop.is_set():
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"alive:{myself}"))
            until = time.monotonic() + HEARTBEAT
            while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
                for notice in connection.notifies(timeout=left, stop_after=1):
                    self._take(notice.payload, myself)

    def _take(self, payload: str, myself: str) -> None:
        assert self._memory is not None
        what, _, which = payload.partition(":")
        if what == "feed":
            self._memory.forget_feed(which)
        elif what == "show":
            self._memory.forget_show(int(which))
        elif what != "alive":
            self._forget_everything()
        elif which == myself:
            # Notices come in order: all that were sent before this one have been taken.
            self._heard = time.monotonic()

    def _forget_everything(self) -> None:
        assert self._memory is not None
        self._memory.forget_all()
