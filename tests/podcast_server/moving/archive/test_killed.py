"""A process that takes an archive in is killed at random moments, and run again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from episodes.storage.base import StorageSettings
from episodes.storage.choose import open_storage
from feeds.tokens import load_signing_keys
from podcast_server.backup.seal import plainly
from podcast_server.database import open_engine, reading, session_factory
from podcast_server.invariants import World, broken_rules
from podcast_server.moving.archive.bring import import_archive
from podcast_server.moving.archive.export import Export, Wanted, write_file
from podcast_server.moving.archive.kinds import LISTED
from podcast_server.moving.archive.rows import is_empty
from podcast_server.moving.rows import prove
from podcast_server.services import Services
from tests.conftest import KEY, NOW

pytestmark = pytest.mark.slow
KILLS = 12


def reopened(server: Services) -> Services:
    """The same server in a process of its own, which shares no connection."""
    engine = open_engine(str(server.engine.url))
    return replace(server, engine=engine, sessions=session_factory(engine))


def killed_after(server: Services, archive: Path, seconds: float) -> None:
    child = os.fork()
    if child == 0:
        import_archive(reopened(server), archive, progress=lambda _: None)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_rows_are_all_there_or_none_and_the_next_run_completes_them(
    old: Services, fresh: Callable[..., Services], tmp_path: Path
) -> None:
    archive = tmp_path / "a.tar"
    write_file(Export(old, Wanted(keys=True, hits=True), NOW), archive, plainly)
    dice = random.Random(7)
    cut = 0
    for number in range(KILLS):
        storage = open_storage(StorageSettings(folder=tmp_path / f"files{number}"))
        server = replace(fresh(f"new{number}"), storage=storage)
        server.engine.dispose()
        killed_after(server, archive, dice.uniform(0.02, 0.3))
        with server.engine.connect() as connection:
            done = not is_empty(connection)
        if not done:
            cut += 1
            import_archive(server, archive, progress=lambda _: None)
        with old.engine.connect() as before, server.engine.connect() as after:
            for kind in LISTED:
                assert prove(before, kind.table) == prove(after, kind.table), kind.table_name
        assert [key.id for key in load_signing_keys(server.settings.keys_file)] == [KEY.id]
    assert cut


def test_what_came_in_breaks_none_of_the_rules_of_the_house(
    old: Services, fresh: Callable[..., Services], tmp_path: Path
) -> None:
    write_file(Export(old, Wanted(keys=True), NOW), tmp_path / "a.tar", plainly)
    server = fresh()
    with reading(old.engine) as session:
        known = {str(each) for each in broken_rules(World(session, old.storage, NOW))}
    import_archive(server, tmp_path / "a.tar", progress=lambda _: None)
    with reading(server.engine) as session:
        found = {str(each) for each in broken_rules(World(session, server.storage, NOW))}
    assert found <= known
