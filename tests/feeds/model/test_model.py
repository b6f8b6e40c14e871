"""Members poll while everything changes: nobody ever sees more or less than they should."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from podcast_server.database import open_engine
from tests.feeds.model.machine import Listening

COMMON = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def machine(empty: bytes, folder: Path, members: int) -> type[Listening]:
    """The machine over databases of its own, one for each example."""
    numbers = itertools.count()

    class Here(Listening):
        size = members

        def fresh_database(self) -> Engine:
            path = folder / f"{next(numbers)}.sqlite3"
            path.write_bytes(empty)
            return open_engine(f"sqlite:///{path}")

    return Here


@pytest.mark.thorough
def test_a_few_members_through_many_changes(migrated_database: bytes, tmp_path: Path) -> None:
    run_state_machine_as_test(
        machine(migrated_database, tmp_path, members=8),
        settings=settings(COMMON, max_examples=8, stateful_step_count=20),
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_thousand_members_through_many_changes(migrated_database: bytes, tmp_path: Path) -> None:
    # Shrinking a thousand members would take for ever; the small machine finds the small story.
    run_state_machine_as_test(
        machine(migrated_database, tmp_path, members=1000),
        settings=settings(
            COMMON, max_examples=4, stateful_step_count=30, phases=[Phase.explicit, Phase.generate]
        ),
    )
