"""Backup and restore through the real command line, while the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.test_main_job import AUDIO
from tests.running import Installation, fetch, installation

pytestmark = pytest.mark.slow


def test_a_restored_server_gives_every_member_the_same_feed(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old = installation(tmp_path / "old")
    old.run("show", "create", "Harbour")
    old.run("episode", "add", *sorted(AUDIO.glob("s01e0[12]*.mp3")), "--show", "harbour")
    feed = old.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    with old.serving():
        before = fetch(feed)
        old.run("backup", tmp_path / "backups", "--with-keys")
    new = Installation(tmp_path / "new", old.port, {})
    new.run("restore", tmp_path / "backups", "--yes")
    new.run("doctor")
    with new.serving():
        after = fetch(feed)
        assert after.body == before.body
        assert after.headers["ETag"] == before.headers["ETag"]
