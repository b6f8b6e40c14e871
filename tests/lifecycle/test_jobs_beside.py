"""The jobs' process that `serve` starts beside the web server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from podcast_server.cli.serve import BEHIND_ANSWERS
from tests.installed import Filled
from tests.running import PATIENCE, children, command_of

pytestmark = pytest.mark.slow
LAST_STEP = 19


def test_it_stands_back_for_answers(filled: Filled, tmp_path: Path) -> None:
    with filled.copy(tmp_path).server() as server:
        [jobs] = [each for each in children(server.pid) if b"\0--parent\0" in command_of(each)]
        until = time.monotonic() + PATIENCE
        while niceness(jobs) == niceness(server.pid) and time.monotonic() < until:
            time.sleep(0.05)
        # The tests themselves may stand back for others, and there is a last step.
        assert niceness(jobs) == min(niceness(server.pid) + BEHIND_ANSWERS, LAST_STEP)


def niceness(number: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, number)
