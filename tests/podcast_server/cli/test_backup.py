"""`backup` and `restore` as typed: where they look, and what they say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.podcast_server.cli.conftest import Terminal


@pytest.fixture
def backed_up(terminal: Terminal) -> Path:
    """A backup of one episode, and nothing else left."""
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour")
    terminal.run("backup", "backups", "--with-keys")
    shutil.rmtree(terminal.folder / "data")
    return terminal.folder / "backups"


@pytest.mark.thorough
def test_a_broken_backup_is_restored_as_far_as_it_goes_and_fails(
    terminal: Terminal, backed_up: Path
) -> None:
    [audio] = backed_up.rglob("audio-*.mp3")
    audio.write_bytes(audio.read_bytes()[:-1] + b"?")
    said = terminal.run("restore", "backups", "--yes", code=1).output
    assert audio.name in said
    assert "--accept-damage" in said
    assert "Harbour" in terminal.run("show", "list").output


@pytest.mark.thorough
def test_damage_can_be_accepted(terminal: Terminal, backed_up: Path) -> None:
    [audio] = backed_up.rglob("audio-*.mp3")
    audio.unlink()
    said = terminal.run("restore", "backups", "--yes", "--accept-damage").output
    assert "1 are missing" in said


@pytest.mark.thorough
def test_one_backup_can_be_named_itself(terminal: Terminal, backed_up: Path) -> None:
    [one] = backed_up.glob("*Z")
    terminal.run("restore", f"backups/{one.name}", "--yes")


@pytest.mark.parametrize("where", ["nothing", "../nothing", "backups/nothing"])
def test_a_folder_without_a_backup_is_named_as_it_is(bare: Terminal, where: str) -> None:
    said = bare.run("restore", where, "--yes", code=1).output
    assert "there is no finished backup in" in said
    assert str(Path(where).name) in said
    assert not (bare.folder / "data").exists()


def test_without_a_folder_the_one_of_the_settings_is_meant(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "[backup] folder" in terminal.run("backup", code=2).output
    monkeypatch.setenv("PODCAST_SERVER_BACKUP__FOLDER", "elsewhere")
    terminal.run("backup")
    assert len(list((terminal.folder / "elsewhere").glob("*Z"))) == 1
