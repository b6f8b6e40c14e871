"""Every address that changes something asks for the token of its form, or is named here with the reason."""

from __future__ import annotations

import contextlib

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from tests.podcast_server.pages.studio.conftest import Desk

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WITHOUT = {
    "api_v1": "a key stands for it, and cookies are not looked at",
    "delivery": "podcast apps hold no session; all but reading is refused",
    "stripe_webhook": "a signature stands for it",
    "mails.stop": "a mail program asks for it (RFC 8058); what its link was signed for is all it can do",
}


def exempt(rule: Rule) -> bool:
    return rule.endpoint in WITHOUT or rule.endpoint.partition(".")[0] in WITHOUT


def an_address(app: Flask, rule: Rule, method: str) -> str:
    """One that leads to the route: its parts are numbers, keys or tokens."""
    found = app.url_map.bind("localhost")
    for length in (1, 10, 24):
        path = found.build(rule.endpoint, dict.fromkeys(rule.arguments, "1" * length), method)
        with contextlib.suppress(NotFound):
            found.match(path, method)
            return path
    raise AssertionError(f"no address for {rule.rule}")


@pytest.mark.thorough
def test_nothing_is_changed_without_the_token_of_a_form(app: Flask, owner: Desk) -> None:
    asked = 0
    for rule in app.url_map.iter_rules():
        for method in set() if exempt(rule) else (rule.methods or set()) & CHANGING:
            answer = owner.client.open(an_address(app, rule, method), method=method)
            assert answer.status_code == 400, f"{method} {rule.rule}"
            assert "open too long" in answer.text, f"{method} {rule.rule}"
            asked += 1
    assert asked > 100


def test_what_goes_without_is_there(app: Flask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    there |= {endpoint.partition(".")[0] for endpoint in there}
    assert set(WITHOUT) <= there
