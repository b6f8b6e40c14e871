"""Web and worker are killed at random moments while everything happens; afterwards all is well."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.journeys.test_main_job import AUDIO
from tests.running import Installation, fetch, installation

pytestmark = pytest.mark.slow

ROUNDS = 2


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """On SQLite and a folder; PostgreSQL and S3 have test_killed_at_any_moment.py."""
    return installation(tmp_path)


def start(place: Installation, *words: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "podcast_server", *map(str, words)],
        cwd=place.folder,
        env=place.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def poll(place: Installation, feed: str, stop: threading.Event, wrong: list[int]) -> None:
    """A podcast app that asks on; nobody may ever be told that the feed is gone."""
    while not stop.is_set():
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = fetch(feed).status
            if status not in {200, 304, 503}:
                wrong.append(status)
        stop.wait(0.02)


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_nothing_is_lost_doubled_or_leaked(place: Installation) -> None:
    dice = random.Random(7)
    place.run("show", "create", "Harbour")
    first, *others = sorted(AUDIO.glob("*.mp3"))
    place.run("episode", "add", first, "--show", "harbour")
    feed = place.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    stop, wrong = threading.Event(), list[int]()
    app = threading.Thread(target=poll, args=(place, feed, stop, wrong))
    app.start()
    try:
        for number in range(ROUNDS):
            running = [start(place, "serve")]
            running.append(
                start(place, "episode", "add", others[number % len(others)], "--show", "harbour")
            )
            running.append(start(place, "backup", place.folder / "backups"))
            running.append(
                start(place, "member", "add", f"m{number}@example.org", "--show", "harbour")
            )
            time.sleep(dice.uniform(0.8, 3.0))
            dice.shuffle(running)
            for process in running:
                kill(process)
    finally:
        stop.set()
        app.join()
    assert wrong == []
    found = place.json("doctor", "--deep", "--repair")
    assert [
        each
        for each in found
        if each["level"] == "failed" and each["check"] not in {"public address"}
    ] == []
    with place.serving():
        assert fetch(feed).body.count(b"<item>") >= 1
        # What was cut off can simply be done again.
        place.run("member", "add", "m0@example.org", "--show", "harbour", check=False)
        place.run("backup", place.folder / "backups")
