"""gPodder, a podcast client that was not written here, subscribes and downloads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.test_main_job import AUDIO
from tests.running import Installation, installation

pytestmark = pytest.mark.slow


class GPodder:
    """The command-line client `gpo` with a home of its own."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("gpo")
        assert found, "gPodder is missing: `make system` installs it"
        self._program = found
        self.downloads = folder / "downloads"
        self._environ = os.environ | {
            "GPODDER_HOME": str(folder / "home"),
            "GPODDER_DOWNLOAD_DIR": str(self.downloads),
            "PYTHONPATH": "",
        }

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, *words],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout + done.stderr

    def downloaded(self) -> set[bytes]:
        return {path.read_bytes() for path in self.downloads.rglob("*.mp3")}


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    made = installation(tmp_path)
    made.run("show", "create", "Harbour")
    made.run("episode", "add", *sorted(AUDIO.glob("s01e0[12]*.mp3")), "--show", "harbour")
    return made


def test_a_member_subscribes_and_downloads_every_episode_byte_for_byte(
    place: Installation, tmp_path: Path
) -> None:
    feed = place.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    client = GPodder(tmp_path)
    with place.serving():
        assert "Successfully added" in client.run("subscribe", feed)
        client.run("download")
    assert client.downloaded() == {path.read_bytes() for path in AUDIO.glob("s01e0[12]*.mp3")}


def test_a_lapsed_and_then_a_returning_member_keep_their_subscription(
    place: Installation, tmp_path: Path
) -> None:
    feed = place.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    client = GPodder(tmp_path)
    with place.serving():
        client.run("subscribe", feed)
        place.run("member", "revoke", "ada@example.org", "--show", "harbour", "--yes")
        client.run("update")
        client.run("download")
        assert client.downloaded() == set()
        place.run("member", "add", "ada@example.org", "--show", "harbour")
        client.run("update")
        client.run("download")
    assert len(client.downloaded()) == 2
