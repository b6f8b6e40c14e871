"""`export archive` and `import archive`, as typed."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from podcast_server.backup.seal import new_identity
from tests.podcast_server.cli.conftest import Terminal


@pytest.fixture
def filled(terminal: Terminal) -> Terminal:
    terminal.run("episode", "add", terminal.audio(1), "--show", "harbour")
    terminal.run("member", "add", "ada@example.org", "--show", "harbour")
    return terminal


def feed_address(terminal: Terminal) -> str:
    return terminal.run("feed", "url", "ada@example.org", "--show", "harbour").stdout


def fresh(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Another machine, on which the server was just set up."""
    other = Terminal(terminal.folder / "other")
    other.folder.mkdir()
    monkeypatch.chdir(other.folder)
    other.run("init")
    return other


@pytest.mark.thorough
def test_everything_moves_in_two_commands(
    filled: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, address = filled.folder / "all.tar", feed_address(filled)
    said = filled.run("export", "archive", archive, "--with-keys")
    assert "1 shows, 1 episodes, 1 members" in said.output
    assert "unencrypted" in said.stderr
    assert archive.stat().st_mode & 0o077 == 0
    new = fresh(filled, monkeypatch)
    assert "restart the server" in new.run("import", "archive", archive).output
    assert feed_address(new) == address
    assert "not empty" in new.run("import", "archive", archive, code=1).stderr


@pytest.mark.thorough
def test_an_archive_without_keys_says_what_that_means(
    filled: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = filled.folder / "all.tar"
    assert "new addresses" in filled.run("export", "archive", archive).output
    new = fresh(filled, monkeypatch)
    assert "1 feeds have new addresses" in new.run("import", "archive", archive).output
    assert feed_address(new).startswith("http")


@pytest.mark.thorough
def test_an_encrypted_archive_opens_with_the_identity_alone(
    filled: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, recipient = new_identity()
    secret = filled.folder / "identity.txt"
    secret.write_text(identity)
    archive, address = filled.folder / "all.tar.age", feed_address(filled)
    said = filled.run("export", "archive", archive, "--with-keys", "--recipient", recipient)
    assert "unencrypted" not in said.stderr
    assert b"ada@example.org" not in archive.read_bytes()
    new = fresh(filled, monkeypatch)
    assert "--identity" in new.run("import", "archive", archive, code=1).stderr
    new.run("import", "archive", archive, "--identity", secret)
    assert feed_address(new) == address
    assert not list((new.folder / "data").glob(".archive-*"))


@pytest.mark.thorough
def test_a_folder_can_be_looked_at(filled: Terminal) -> None:
    filled.run("export", "archive", filled.folder / "all", "--folder")
    [episode] = (filled.folder / "all" / "shows" / "harbour" / "episodes").iterdir()
    feed = (filled.folder / "all" / "shows" / "harbour" / "feed.xml").read_text()
    [audio] = episode.glob("audio.*")
    assert f'url="episodes/{episode.name}/{audio.name}"' in feed
    assert (
        "already"
        in filled.run("export", "archive", filled.folder / "all", "--folder", code=1).stderr
    )


@pytest.mark.thorough
def test_common_programs_read_the_tar(filled: Terminal, tmp_path: Path) -> None:
    filled.run("export", "archive", filled.folder / "all.tar")
    with tarfile.open(filled.folder / "all.tar") as tar:
        names = tar.getnames()
    subprocess.run(["tar", "-xf", filled.folder / "all.tar", "-C", tmp_path], check=True)
    assert all((tmp_path / name).is_file() for name in names)
    assert names[0] == "README.txt"
    assert names[-1] == "manifest.json"


@pytest.mark.thorough
def test_an_export_that_fails_leaves_no_half_archive(filled: Terminal) -> None:
    filled.run("export", "archive", filled.folder, code=1)
    filled.run("export", "archive", filled.folder / "a.tar", "--recipient", "age1wrong", code=1)
    assert not list(filled.folder.glob("*.unfinished"))
    assert not (filled.folder / "a.tar").exists()
