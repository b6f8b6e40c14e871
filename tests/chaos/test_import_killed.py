"""A show is brought over by a process that is killed again and again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.foreign_host import Manners, foreign_host
from tests.running import installation
from tests.samples.audio import record
from tests.samples.feeds.hosts import buzzsprout

pytestmark = pytest.mark.slow
KILLS = 3


def test_after_any_number_of_kills_every_episode_is_here_once(tmp_path: Path) -> None:
    dice, sums = random.Random(3), []
    place = installation(tmp_path, imports__allow_loopback="true")
    with foreign_host() as host:
        sample = buzzsprout(host.url)
        for number, path in enumerate(sample.audio):
            file = record(tmp_path / f"{number}.mp3", seconds=20, bitrate=128_000 + number * 32_000)
            sums.append(hashlib.sha256(file.read_bytes()).hexdigest())
            host.put(path, file.read_bytes(), "audio/mpeg")
        for path, (mime, text) in sample.others.items():
            host.put(path, text, mime)
        url = host.put("/feed.xml", sample.xml, sample.mime)
        host.manners = Manners(slow=0.06)  # so that a kill meets it in the middle
        for _kill in range(KILLS):
            process = subprocess.Popen(
                [sys.executable, "-m", "podcast_server", "import", "feed", url, "--yes"],
                cwd=place.folder,
                env=place.environ,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(1.2, 2.4))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        host.manners = Manners()
        place.run("import", "feed", url, "--yes")
        place.run("doctor", "--deep")
    [show] = place.json("show", "list")
    episodes = place.json("episode", "list", "--show", show["slug"])
    assert [episode["title"] for episode in episodes] == [
        "The Storm",
        "Ropes & Knots",
        "Leaving Harbour",
    ]
    stored = [path.read_bytes() for path in (tmp_path / "data" / "storage").rglob("audio-*.mp3")]
    assert sorted(hashlib.sha256(data).hexdigest() for data in stored) == sorted(sums)
