"""The queue's own tables."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from podcast_server.database import open_engine
from podcast_server.jobs.worker import open_queue
from podcast_server.services import Services
from tests.postgresql import Databases


@pytest.mark.slow
def test_workers_that_start_at_the_same_moment_all_start(
    services: Services, migrated_postgresql: Databases
) -> None:
    engine = open_engine(migrated_postgresql.create())
    on_it = dataclasses.replace(services, engine=engine)
    for _ in range(5):
        with ThreadPoolExecutor(6) as pool:
            for queue in [pool.submit(open_queue, on_it) for _ in range(6)]:
                queue.result().storage.close()
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE huey_kv, huey_schedule, huey_task CASCADE"))
    engine.dispose()
