"""`backups`: the same plan as in the studio, and what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.podcast_server.cli.conftest import Terminal

FOLDER = "PODCAST_SERVER_BACKUP__FOLDER"


def test_a_plan_is_chosen_and_told(terminal: Terminal) -> None:
    terminal.run("backups", "--every", "6", "--hour", "4", "--zone", "Europe/Paris")
    assert "every Sunday at 04:00 (Europe/Paris)" in terminal.run("backups").output


def test_backups_are_listed(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    terminal.run("backup")
    told = terminal.json("backups")
    assert [each["files"] for each in told["backups"]] == [0]
    assert told["backups"][0]["encrypted"] is False


def test_a_place_that_is_on_no_map_is_refused(terminal: Terminal) -> None:
    said = terminal.run("backups", "--zone", "Mars/Base", code=2).output
    assert "Error: --zone must be a time zone such as Europe/Paris" in said


def test_what_stands_in_the_settings_comes_first(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCAST_SERVER_BACKUP__KEEP", "30")
    terminal.run("backups", "--keep", "3", code=2)
    terminal.run("backups", "--every", "never")
    assert "never by themselves, the newest 30 stay" in terminal.run("backups").output
