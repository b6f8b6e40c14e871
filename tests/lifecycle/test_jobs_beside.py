"""The jobs' process that `serve` starts beside the web server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from podcast_server.cli.serve import BEHIND_ANSWERS
from tests.chaos.victims import children_of
from tests.installed import Filled

pytestmark = pytest.mark.slow


def test_it_stands_back_for_answers(filled: Filled, tmp_path: Path) -> None:
    with filled.copy(tmp_path).server() as server:
        [jobs] = [each for each in children_of(server.pid) if command_of(each).endswith("worker")]
        until = time.monotonic() + 30
        while (behind := niceness(jobs) - niceness(server.pid)) == 0 and time.monotonic() < until:
            time.sleep(0.05)
        assert behind == BEHIND_ANSWERS


def command_of(number: int) -> str:
    return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ").partition(" --")[0]


def niceness(number: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, number)
