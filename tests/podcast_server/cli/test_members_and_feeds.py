"""`member …`, `feed …` and `keys …` as a podcaster types them."""

from __future__ import annotations

import json

import pytest

from tests.podcast_server.cli.conftest import EMAIL, Terminal

HERE = ("--show", "harbour")


def join(terminal: Terminal) -> str:
    address: str = terminal.json("member", "add", EMAIL, *HERE)["feed"]
    return address


def preview(terminal: Terminal, *more: str) -> str:
    return terminal.run("feed", "preview", EMAIL, *HERE, *more).stdout


def test_a_member_is_added_with_a_feed_address(terminal: Terminal) -> None:
    assert "/f/pf" in join(terminal)


def test_adding_somebody_again_keeps_their_address(terminal: Terminal) -> None:
    assert join(terminal) == join(terminal)


def test_an_address_that_is_none_is_refused(terminal: Terminal) -> None:
    told = terminal.run("member", "add", "ada", *HERE, code=1).output
    assert "not an e-mail address" in told


def test_members_are_listed_and_looked_at(terminal: Terminal) -> None:
    join(terminal)
    [row] = terminal.json("member", "list")
    assert row["email"] == EMAIL
    assert EMAIL in terminal.run("member", "show", EMAIL).output


def test_a_name_in_brackets_is_shown_as_it_is_written(terminal: Terminal) -> None:
    terminal.run("member", "add", EMAIL, *HERE, "--name", "[bold]Ada [/x]")
    assert "[bold]Ada [/x]" in terminal.run("member", "list").output


def test_a_long_address_stays_in_one_line_where_a_program_reads(terminal: Terminal) -> None:
    long = f"{'a-name-of-many-words.' * 2}x@subdomain.of.a-long-domain.example.org"
    terminal.run("member", "add", long, *HERE, "--name", "With a name that is long as well")
    assert long in terminal.run("member", "list").output


@pytest.mark.thorough
def test_ending_a_membership_asks_first(terminal: Terminal) -> None:
    terminal.run("episode", "add", terminal.audio(1), *HERE)
    join(terminal)
    terminal.run("member", "revoke", EMAIL, *HERE, typed="n\n", code=1)
    assert "<enclosure" in preview(terminal)
    terminal.run("member", "revoke", EMAIL, *HERE, typed="y\n")
    assert "<enclosure" not in preview(terminal)


@pytest.mark.thorough
def test_one_of_several_feeds_is_reset_alone(terminal: Terminal) -> None:
    first = join(terminal)
    terminal.run("feed", "add", EMAIL, *HERE, "--name", "car")
    car = terminal.json("feed", "url", EMAIL, *HERE, "--name", "car")["feed"]
    new = terminal.json("feed", "rotate", EMAIL, *HERE, "--name", "car", "--yes")["feed"]
    assert len({first, car, new}) == 3
    assert terminal.json("feed", "url", EMAIL, *HERE)["feed"] == first


def test_resetting_asks_first(terminal: Terminal) -> None:
    first = join(terminal)
    terminal.run("feed", "rotate", EMAIL, *HERE, typed="n\n", code=1)
    assert terminal.json("feed", "url", EMAIL, *HERE)["feed"] == first


def test_a_feed_that_is_not_there_is_said_so(terminal: Terminal) -> None:
    join(terminal)
    told = terminal.run("feed", "url", EMAIL, *HERE, "--name", "boat", code=1).output
    assert "boat" in told


@pytest.mark.thorough
def test_a_new_signing_key_leaves_every_feed_as_it_is(terminal: Terminal) -> None:
    terminal.run("episode", "add", terminal.audio(1), *HERE)
    first, before = join(terminal), preview(terminal)
    terminal.run("keys", "add")
    assert len(terminal.json("keys", "list")) == 2
    assert terminal.json("feed", "url", EMAIL, *HERE)["feed"] == first
    assert preview(terminal) == before


def test_feeds_made_after_a_new_key_are_made_with_it(terminal: Terminal) -> None:
    join(terminal)
    terminal.run("keys", "add")
    terminal.run("feed", "add", EMAIL, *HERE, "--name", "car")
    assert "/m/" not in preview(terminal, "--name", "car")  # no episodes yet, and it renders


@pytest.mark.thorough
def test_a_show_is_checked_and_what_keeps_it_out_of_directories_ends_with_3(
    terminal: Terminal,
) -> None:
    terminal.run("episode", "add", terminal.audio(1), *HERE)
    told = terminal.run("feed", "check", "harbour", code=3).output
    assert "description" in told
    rows = json.loads(terminal.run("feed", "check", "harbour", "--json", code=3).stdout)
    weights = [row["level"] for row in rows]
    assert weights == sorted(weights, key=["error", "warning", "hint"].index)
    assert {row["where"] for row in rows} >= {"show"}
