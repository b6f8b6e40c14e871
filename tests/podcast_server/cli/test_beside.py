"""The jobs' process beside the server: it comes back whatever ends it, and ends with it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from podcast_server.cli.beside import Beside
from tests.running import PATIENCE

NOTES_ITSELF = (
    "import os, signal, sys, time; signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT});"
    # Who started the tests in the background has SIGINT ignored, and so would its children.
    "signal.signal(signal.SIGINT, signal.default_int_handler);"
    "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
)


def started(path: Path, count: int) -> list[int]:
    """The numbers of the processes, once so many were started."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        numbers = path.read_text().split("\n")[:-1] if path.exists() else []
        if len(numbers) >= count:
            return [int(number) for number in numbers]
        time.sleep(0.01)
    raise AssertionError("it was not started")


@pytest.mark.parametrize("stopped_by", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_is_started_again(tmp_path: Path, stopped_by: signal.Signals) -> None:
    notes = tmp_path / "notes"
    beside = Beside([sys.executable, "-c", NOTES_ITSELF, str(notes)], first_pause=0.01)
    beside.start()
    try:
        [first] = started(notes, 1)
        os.kill(first, stopped_by)
        assert started(notes, 2)[1] != first
    finally:
        beside.stop()


def test_after_the_end_nothing_is_left_and_nothing_starts(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    beside = Beside([sys.executable, "-c", NOTES_ITSELF, str(notes)], first_pause=0.01)
    beside.start()
    [number] = started(notes, 1)
    beside.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    time.sleep(0.1)
    assert started(notes, 1) == [number]


def test_an_order_before_it_runs_hides_no_later_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes = tmp_path / "notes"
    beside = Beside([sys.executable, "-c", NOTES_ITSELF, str(notes)], first_pause=0.01)
    beside.replace()
    beside.start()
    try:
        [first] = started(notes, 1)
        os.kill(first, signal.SIGKILL)
        started(notes, 2)
    finally:
        beside.stop()
    assert "the jobs' process ended (-9)" in caplog.text
