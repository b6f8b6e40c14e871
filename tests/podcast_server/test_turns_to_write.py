"""Who writes to SQLite waits for their turn."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine, event, text

from podcast_server.database import reading
from tests.podcast_server.locks import held_by_another


class Asking:
    """How many threads ask SQLite for the write lock at the same moment."""

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most = 0
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        with self._lock:
            self.now[statement] += 1
            self.most = max(self.most, self.now["BEGIN IMMEDIATE"])

    def _after(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        with self._lock:
            self.now[statement] -= 1


def test_of_many_threads_that_want_to_write_one_asks(engine: Engine) -> None:
    asking = Asking(engine)

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM job_runs"))

    with ThreadPoolExecutor(8) as pool:
        with held_by_another(engine):
            written = [pool.submit(write) for _ in range(8)]
            time.sleep(0.2)
            with reading(engine) as session:  # waits for nobody
                session.execute(text("SELECT count(*) FROM job_runs"))
        for each in written:
            each.result()
    assert asking.most == 1
