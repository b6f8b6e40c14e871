"""Who brings out episodes in a benchmark comes again, as a podcaster does whom the studio says 503."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from benchmarks.witness import when_it_is_our_turn
from tests.podcast_server.locks import held_by_another


@pytest.fixture
def impatient(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path}/some.sqlite3", connect_args={"timeout": 0})


def write(engine: Engine) -> str:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE some (thing TEXT)")
    return "written"


def test_a_locked_database_is_asked_again(impatient: Engine) -> None:
    asked = 0
    with ExitStack() as another:
        another.enter_context(held_by_another(impatient))

        def write_once_the_other_is_done() -> str:
            nonlocal asked
            asked += 1
            if asked == 3:
                another.close()
            return write(impatient)

        assert when_it_is_our_turn(write_once_the_other_is_done) == "written"
    assert asked == 3


def test_one_that_is_never_free_is_said(impatient: Engine) -> None:
    with held_by_another(impatient), pytest.raises(OperationalError, match="locked"):
        when_it_is_our_turn(lambda: write(impatient), tries=2)


def test_whatever_else_is_wrong_is_said_at_once(impatient: Engine) -> None:
    write(impatient)
    with pytest.raises(OperationalError, match="already exists"):
        when_it_is_our_turn(lambda: write(impatient))
