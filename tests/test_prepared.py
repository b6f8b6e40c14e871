"""A command in a fork of a loaded program is like one in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.prepared import run_prepared
from tests.running import Installation, free_port, installation

pytestmark = pytest.mark.thorough


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return installation(tmp_path)


@pytest.mark.parametrize(
    "words",
    [["show", "list", "--json"], ["nonsense"], ["show", "create"], ["feed", "url", "x@y.z"]],
)
def test_it_says_and_returns_the_same(place: Installation, words: list[str]) -> None:
    loaded = run_prepared(words, place.folder, place.environ, timeout=60)
    itself = subprocess.run(
        [sys.executable, "-m", "podcast_server", *words],
        cwd=place.folder,
        env=place.environ,
        capture_output=True,
        text=True,
    )
    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (
        itself.returncode,
        itself.stdout,
        itself.stderr,
    )


def test_what_one_does_the_next_one_finds(place: Installation) -> None:
    place.run("show", "create", "Harbour")
    assert [each["slug"] for each in place.json("show", "list")] == ["harbour"]


def test_each_has_an_environment_of_its_own(tmp_path: Path) -> None:
    first, second = (Installation(tmp_path / name, free_port(), {}) for name in "ab")
    for place in (first, second):
        place.folder.mkdir()
        place.run("init")
    first.run("show", "create", "Harbour")
    assert second.json("show", "list") == []


def test_one_that_takes_too_long_is_ended(place: Installation) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_prepared(["worker"], place.folder, place.environ, timeout=1)


def test_what_concerns_the_process_itself_has_one_of_its_own(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.running.run_prepared", None)
    place.extra["LD_BIND_NOW"] = "1"
    assert place.json("show", "list") == []
