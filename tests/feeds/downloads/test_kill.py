"""A process killed under load loses what was not flushed, and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from feeds.downloads.models import CountedDay, RawHit
from feeds.downloads.parcels import take_in_parcels
from feeds.downloads.rollup import roll_up
from podcast_server.database import open_engine, session_factory
from podcast_server.tables import metadata
from tests.feeds.downloads.hits import MONDAY, RULES

# Puts hits without end and says after each thousand how many the buffer has written.
UNDER_LOAD = """
import sys, time
from feeds.downloads.record import HitBuffer
from feeds.downloads.write import entry_writer
from podcast_server.database import open_engine, session_factory
from tests.feeds.downloads.hits import media_hit

writer = entry_writer(session_factory(open_engine(sys.argv[1])), b"secret")
buffer = HitBuffer(writer, batch_size=100, interval=0.05)
buffer.start()
for n in range(1_000_000):
    buffer.put(media_hit(address=f"192.0.2.{n % 250}"))
    if n % 100 == 0:
        print(buffer.stats().written, flush=True)
        time.sleep(0.01)
"""


def hits_in(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(RawHit)) or 0


@pytest.mark.slow
def test_what_the_buffer_said_it_wrote_is_there_after_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/killed.sqlite3"
    engine = open_engine(url)
    metadata.create_all(engine)
    with subprocess.Popen(
        [sys.executable, "-c", UNDER_LOAD, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        written = 0
        while written < 2000:
            written = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        # Lines that were said before the end, but not read yet, are promises too.
        written = max([written, *(int(line) for line in process.stdout if line.endswith("\n"))])
    sessions: sessionmaker[Session] = session_factory(engine)
    take_in_parcels(sessions)
    assert hits_in(engine) >= written
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    with sessions() as session:
        assert session.scalars(select(CountedDay.day)).all() == [MONDAY.date()]
    assert roll_up(sessions, RULES, MONDAY) == 1
    engine.dispose()
