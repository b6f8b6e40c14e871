"""The command line: look, apply, and go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcast_server.accounts.models import Member
from podcast_server.moving.members.models import MemberImport
from tests.podcast_server.cli.conftest import Terminal, bare, terminal
from tests.podcast_server.moving.members.conftest import sample

__all__ = ["bare", "terminal"]


@pytest.fixture
def file(terminal: Terminal) -> Path:
    path = terminal.folder / "members.csv"
    # A year that is still to come, whatever day it is.
    path.write_bytes(sample("patreon").replace(b"2026-", b"2126-"))
    return path


def test_without_apply_nothing_is_written(terminal: Terminal, file: Path) -> None:
    said = terminal.run("import", "members", file, "--show", "harbour").stdout
    assert "Patreon" in said
    assert "ada@example.org new until 2126-07-01" in said
    assert "3 new members" in said
    assert "Nothing was changed" in said
    with terminal.reading() as session:
        assert session.query(Member).count() == session.query(MemberImport).count() == 0


def test_a_tier_that_leads_nowhere_is_named_with_the_option(terminal: Terminal, file: Path) -> None:
    said = terminal.run(
        "import", "members", file, "--tier", "Patron of the Harbour=show:harbour"
    ).stdout
    assert '--tier "Supporter=plan:…"' in said


def test_apply_gives_and_says_how_to_go_on(terminal: Terminal, file: Path) -> None:
    said = terminal.run("import", "members", file, "--show", "harbour", "--apply").stdout
    assert "3 new members" in said
    assert "import undo 1" in said
    again = terminal.run("import", "members", file, "--show", "harbour", "--apply").stdout
    assert "brought over before, as import 1" in again
    with terminal.reading() as session:
        assert session.query(Member).count() == 3


def test_scripts_get_json(terminal: Terminal, file: Path) -> None:
    looked = terminal.json("import", "members", file, "--show", "harbour")
    assert looked["preset"] == "patreon"
    assert looked["totals"] == {"new": 3, "skipped": 3}
    assert looked["tiers"]["Supporter"] == 3
    done = terminal.json("import", "members", file, "--show", "harbour", "--apply")
    assert done["states"] == {"done": 3, "left": 3}


def test_the_report_lists_every_row(terminal: Terminal, file: Path) -> None:
    terminal.run("import", "members", file, "--show", "harbour", "--report", "report.csv")
    lines = (terminal.folder / "report.csv").read_text().splitlines()
    assert len(lines) == 7
    assert "their payment fails there" in lines[3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--show", "nowhere"], "no show “nowhere”"),
        (["--plan", "gold"], "gold"),
        (["--column", "tier=Level"], "no column “Level”"),
        (["--column", "hat=Tier"], "“hat” is none of"),
        (["--preset", "myspace"], "no preset “myspace”"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    terminal: Terminal, file: Path, options: list[str], words: str
) -> None:
    said = terminal.run("import", "members", file, *options, code=1)
    assert words in said.stderr
    assert "Traceback" not in said.output
