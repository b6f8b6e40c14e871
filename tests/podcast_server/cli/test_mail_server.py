"""`mail server` and `mail test`: the same as in the studio."""

from __future__ import annotations

import pytest

from tests.podcast_server.cli.conftest import Terminal
from tests.running import free_port

GIVEN = ("--host", "smtp.example.org", "--username", "ada", "--sender", "a@example.org")


def test_a_mail_server_is_chosen_and_its_password_not_shown(terminal: Terminal) -> None:
    shown = terminal.run("mail", "server", *GIVEN, "--ask-password", typed="deep-water\n")
    assert "chosen by the owner" in shown.output
    assert "deep-water" not in shown.output
    assert terminal.json("mail", "server") | {"port": 0} == {
        "host": "smtp.example.org",
        "port": 0,
        "security": "starttls",
        "username": "ada",
        "sender": "a@example.org",
        "password": "kept",
        "whose": "owner",
    }


def test_another_host_needs_the_password_again(terminal: Terminal) -> None:
    terminal.run("mail", "server", *GIVEN, "--ask-password", typed="deep-water\n")
    terminal.run("mail", "server", "--host", "evil.example", code=2)
    terminal.run("mail", "server", "--sender", "b@example.org")
    assert terminal.json("mail", "server")["sender"] == "b@example.org"


def test_it_is_forgotten(terminal: Terminal) -> None:
    terminal.run("mail", "server", *GIVEN)
    assert "none is set" in terminal.run("mail", "server", "--forget").output


def test_what_stands_in_the_environment_comes_first(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCAST_SERVER_MAIL__HOST", "smtp.operator.example")
    terminal.run("mail", "server", *GIVEN, code=2)
    assert terminal.json("mail", "server")["whose"] == "operator"


def test_a_trial_says_what_is_wrong(terminal: Terminal) -> None:
    assert "no mail server is set" in terminal.run("mail", "test", "a@example.org", code=1).output
    where = ("--host", "127.0.0.1", "--port", str(free_port()), "--sender", "a@example.org")
    terminal.run("mail", "server", *where, "--security", "none")
    assert "cannot be used" in terminal.run("mail", "test", "a@example.org", code=1).output
