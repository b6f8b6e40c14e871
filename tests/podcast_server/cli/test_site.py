"""`site`: the same choices as in the studio."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.podcast_server.cli.conftest import Terminal
from tests.running import free_port


def test_the_site_is_named_and_coloured(terminal: Terminal) -> None:
    terminal.run("site", "edit", "--name", "Quay Radio", "--accent", "#0B5CAD")
    shown = terminal.json("site", "show")
    assert (shown["name"], shown["accent"], shown["language"]) == ("Quay Radio", "#0b5cad", "en")
    terminal.run("site", "edit", "--name", "")
    assert terminal.json("site", "show")["name"] == "My podcasts"


@pytest.mark.parametrize("words", [(), ("--accent", "red"), ("--name", "x" * 101)])
def test_what_cannot_be_is_refused(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.run("site", "edit", *words, code=2)


def test_a_logo_comes_and_goes(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    Image.new("RGB", (600, 200), "navy").save(file)
    assert "288 × 96" in terminal.run("site", "logo", file).output
    assert terminal.json("site", "show")["logo"].endswith(".png")
    terminal.run("site", "logo", "--remove")
    assert terminal.json("site", "show")["logo"] == ""
    terminal.run("site", "logo", code=2)


def test_a_file_that_is_no_picture_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_text("<svg/>")
    terminal.run("site", "logo", file, code=1)


def test_an_address_is_tried(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.run("site", "try", "ftp://podcast.example", code=1)
    assert "private network" in terminal.run("site", "try", "http://127.0.0.1:1", code=1).output
    monkeypatch.setenv("PODCAST_SERVER_IMPORTS__ALLOW_LOOPBACK", "true")
    where = f"http://127.0.0.1:{free_port()}"
    assert "nobody answers there" in terminal.run("site", "try", where, code=1).output
