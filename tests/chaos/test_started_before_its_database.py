"""After a power cut the worker may start before its database does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from podcast_server.job_runs import JobRun
from tests import postgresql
from tests.chaos.victims import PostgreSQL, Program, killed_afterwards
from tests.running import Installation, eventually, installation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]


@pytest.fixture
def database() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    server.start()
    yield server
    server.remove()


def test_a_worker_waits_for_its_database_and_then_works(
    tmp_path: Path, database: PostgreSQL
) -> None:
    place = installation(tmp_path, database__url=database.url)
    worker = Program(place, "worker")
    database.kill()
    with killed_afterwards(worker):
        worker.start()
        eventually(lambda: "the jobs wait for it" in place.log.read_text())
        database.start()
        eventually(lambda: jobs_done(place) > 0)
        assert worker.is_alive


def jobs_done(place: Installation) -> int:
    with place.services() as services, services.engine.connect() as connection:
        done = select(func.count()).where(JobRun.finished_at.is_not(None))
        return connection.scalar(done) or 0
