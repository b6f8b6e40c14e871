"""The command line: look, apply, and go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcast_server.accounts.models import Member
from podcast_server.mail.models import OutgoingMail
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


@pytest.fixture
def applied(terminal: Terminal, file: Path) -> Terminal:
    terminal.run("import", "members", file, "--show", "harbour", "--apply")
    return terminal


def test_the_list_shows_how_far_each_import_is(terminal: Terminal, applied: Terminal) -> None:
    [row] = terminal.json("import", "list")
    assert (row["state"], row["given"], row["left"], row["invited"]) == ("applied", 3, 3, "0 of 3")
    assert row["in_app"] == 0


@pytest.mark.thorough
def test_invitations_are_begun_paused_and_resumed(applied: Terminal) -> None:
    assert "3 of 3 invited, all of them" in applied.run("import", "invite", "1").stdout
    with applied.reading() as session:
        assert session.query(OutgoingMail).count() == 3
    applied.run("import", "invite", "1", "--pause", "--resume", code=2)


def test_a_pause_before_anything_was_sent_sends_nothing(applied: Terminal) -> None:
    assert "0 of 3 invited" in applied.run("import", "invite", "1", "--pause").stdout
    with applied.reading() as session:
        assert session.query(OutgoingMail).count() == 0


@pytest.mark.thorough
def test_undo_asks_and_takes_back(applied: Terminal) -> None:
    applied.run("import", "undo", "1", typed="n\n", code=1)
    said = applied.run("import", "undo", "1", typed="y\n").stdout
    assert "taken back for 3 people" in said
    with applied.reading() as session:
        assert session.query(Member).count() == 0
    assert (
        "There is no import 9".lower()
        in applied.run("import", "undo", "9", "--yes", code=1).stderr.lower()
    )


def test_the_old_public_address_is_kept(applied: Terminal) -> None:
    said = applied.run("import", "address", "harbour", "https://feeds.example.org/harbour").stdout
    assert "/harbour leads to " in said
    assert "add it to [site] old_hosts" in said
    applied.run("import", "address", "harbour", "harbour", code=1)


def test_hosts_of_old_feeds_that_do_not_point_here_are_named(terminal: Terminal) -> None:
    file = terminal.folder / "supercast.csv"
    file.write_bytes(sample("supercast"))
    said = terminal.run("import", "members", file, "--show", "harbour").stdout
    assert "2 old feed addresses" in said
    assert "They were at feeds.harbour.example" in said
    (terminal.folder / "config.toml").write_text('[site]\nold_hosts = ["feeds.harbour.example"]\n')
    said = terminal.run("import", "members", file, "--show", "harbour").stdout
    assert "They were at" not in said
