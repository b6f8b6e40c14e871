"""kill -9 of a server that many listen to: what was written stays, and it starts again."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from podcast_server.database import open_engine, session_factory
from tests.installed import SOUND, Filled
from tests.running import (
    PATIENCE,
    ROOT,
    Installation,
    children,
    command_of,
    fetch,
    wait_until_gone,
    wait_until_up,
)

pytestmark = pytest.mark.slow
LISTENERS = 4
ENOUGH = 40  # downloads that are in the database before the kill


@dataclass(frozen=True)
class Killed:
    """A server that was killed, and what its database had said before."""

    place: Installation
    seen: frozenset[str]


@contextlib.contextmanager
def listeners(place: Installation, filled: Filled) -> Iterator[None]:
    """Some who poll and download without a pause, each download under a name of its own."""
    stop = threading.Event()

    def listen(number: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            # The server is killed under our hands.
            with contextlib.suppress(OSError, http.client.HTTPException):
                fetch(place.url + filled.feed, Accept_Encoding="gzip")
                fetch(place.url + filled.audio[count % 2], User_Agent=f"load/{number}.{count}")

    threads = [threading.Thread(target=listen, args=(n,)) for n in range(LISTENERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def agents_in(engine: Engine) -> set[str]:
    take_in_parcels(session_factory(engine))
    with Session(engine.execution_options(read_only=True)) as session:
        return set(session.scalars(select(RawHit.user_agent)))


def wait_for(engine: Engine, enough: Callable[[set[str]], bool]) -> set[str]:
    """What hits are in the database once there are enough of them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        agents = agents_in(engine)
        if enough(agents):
            return agents
        time.sleep(0.05)
    raise AssertionError("the hits did not arrive")


@pytest.fixture(scope="module")
def killed(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    place = filled.copy(tmp_path_factory.mktemp("killed"))
    engine = database_of(place)
    with place.server() as process:
        with listeners(place, filled):
            seen = wait_for(engine, lambda agents: len(agents) >= ENOUGH)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        wait_until_gone(process.pid)
    engine.dispose()
    return Killed(place, frozenset(seen))


def database_of(place: Installation) -> Engine:
    return open_engine(f"sqlite:///{place.folder}/data/podcast.sqlite3")


def test_everything_the_server_started_ends_with_it(killed: Killed) -> None:
    with pytest.raises(OSError):
        fetch(killed.place.url + "/f/anything")


def test_the_database_is_whole(killed: Killed) -> None:
    engine = database_of(killed.place)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


def test_no_download_that_was_written_is_lost(killed: Killed) -> None:
    engine = database_of(killed.place)
    assert killed.seen <= agents_in(engine)
    engine.dispose()


def test_the_server_starts_again_and_goes_on(killed: Killed, filled: Filled) -> None:
    place = killed.place
    with place.server("--no-jobs"):
        assert fetch(place.url + filled.feed).status == 200
        assert fetch(place.url + filled.audio[0], User_Agent="again/1").body == SOUND
        engine = database_of(place)
        wait_for(engine, lambda agents: "again/1" in agents)
        engine.dispose()


def test_a_worker_that_is_killed_is_started_again(filled: Filled, tmp_path: Path) -> None:
    place = filled.copy(tmp_path)
    with place.server("--no-jobs") as process:
        [worker] = web_workers(process.pid)
        os.kill(worker, signal.SIGKILL)
        wait_for_another(process.pid, worker)
        wait_until_up(place.url, process, place.log)
        assert fetch(place.url + filled.feed).status == 200


def web_workers(server: int) -> list[int]:
    """The processes the server runs to answer requests: all but the background worker."""
    return [pid for pid in children(server) if b"\0--parent\0" not in command_of(pid)]


def wait_for_another(server: int, worker: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if any(pid != worker for pid in web_workers(server)):
            return
        time.sleep(0.05)
    raise AssertionError("the worker was not started again")


DEAF = """
import multiprocessing, signal, time
from podcast_server.wsgi import _end_with_parent

def worker():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_with_parent(last_requests=0.2)
    print("here", flush=True)
    time.sleep(600)

multiprocessing.get_context("fork").Process(target=worker).start()
"""


def test_a_worker_that_misses_the_signal_ends_all_the_same() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    ) as server:
        assert server.stdout
        assert server.stdout.readline() == b"here\n"
        server.kill()
    wait_until_gone(server.pid)
