"""`keys`: one takes over from another, on one machine or on several, and goes when unused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.tokens import FEED, Tokens, load_key_ring
from tests.podcast_server.cli.conftest import EMAIL, Terminal


def uses(terminal: Terminal) -> dict[str, str]:
    return {each["id"]: each["use"] for each in terminal.json("keys", "list")}


def tokens(terminal: Terminal) -> Tokens:
    return Tokens(load_key_ring(terminal.folder / "data" / "signing-keys.json"))


def add(terminal: Terminal, *options: str) -> str:
    before = set(uses(terminal))
    terminal.run("keys", "add", *options)
    [made] = set(uses(terminal)) - before
    return made


def member(terminal: Terminal) -> str:
    """Ada's feed, by its address."""
    made: dict[str, Any] = terminal.json("member", "add", EMAIL, "--show", "harbour")
    return str(made["feed"]).rpartition("/")[2]


def test_on_one_machine_a_new_key_signs_at_once(terminal: Terminal) -> None:
    [first] = uses(terminal)
    second = add(terminal)
    assert uses(terminal) == {first: "verifies", second: "signs"}


def test_with_several_hosts_it_verifies_first_and_signs_when_told(terminal: Terminal) -> None:
    [first] = uses(terminal)
    alone = tokens(terminal)
    second = add(terminal, "--verify-only")
    assert uses(terminal) == {first: "signs", second: "verifies"}
    host = tokens(terminal)  # another host has got the file, and not yet what comes next
    terminal.run("keys", "use", second)
    token = tokens(terminal).mint(FEED, "a" * 16, tokens(terminal).newest)
    assert host.read(FEED, token)
    assert alone.read(FEED, token) is None
    assert uses(terminal) == {first: "verifies", second: "signs"}


def test_what_was_added_says_how_it_comes_to_count(terminal: Terminal) -> None:
    said = terminal.run("keys", "add").output
    for words in ("reload", "worker", "hosts"):
        assert words in said


def test_a_key_of_feeds_is_not_retired_and_says_how_many(terminal: Terminal) -> None:
    [first] = uses(terminal)
    address = member(terminal)
    add(terminal)
    assert "1 feeds" in terminal.run("keys", "retire", first, "--yes", code=1).output
    terminal.run("feed", "rotate", EMAIL, "--show", "harbour", "--yes")
    # The old address says for some days that it was replaced.
    assert "1 feeds" in terminal.run("keys", "retire", first, "--yes", code=1).output
    assert tokens(terminal).read(FEED, address)


def test_a_key_without_feeds_goes_and_other_secrets_stay(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCAST_SERVER_FEEDS__REPLACED_NOTICE_DAYS", "0")
    [first] = uses(terminal)
    address = member(terminal)
    before = tokens(terminal).derive(b"other")
    second = add(terminal)
    terminal.run("feed", "rotate", EMAIL, "--show", "harbour", "--yes")
    terminal.run("keys", "retire", first, "--yes")
    assert uses(terminal) == {first: "retired", second: "signs"}
    assert tokens(terminal).read(FEED, address) is None
    assert tokens(terminal).derive(b"other") == before
    terminal.run("feed", "list", EMAIL)
    terminal.run("keys", "retire", first, "--derived-too", "--yes")
    assert uses(terminal) == {second: "signs"}
    assert tokens(terminal).derive(b"other") != before


def test_the_key_that_signs_is_not_retired(terminal: Terminal) -> None:
    [first] = uses(terminal)
    assert "signs new feeds" in terminal.run("keys", "retire", first, "--yes", code=1).output


def test_a_key_that_is_none_is_refused(terminal: Terminal) -> None:
    for word in ("use", "retire"):
        assert "keys list" in terminal.run("keys", word, "nothing", code=1).output


def test_a_key_file_that_nobody_rotated_looks_as_it_always_did(terminal: Terminal) -> None:
    add(terminal)
    plain = json.loads((terminal.folder / "data" / "signing-keys.json").read_text())
    assert set(plain) == {"keys"}
