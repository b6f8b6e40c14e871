"""Logs are readable by machines if wished, and never hold a token."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from feeds.tokens import FEED, MEDIA, SigningKey, Tokens
from podcast_server.logs import REQUEST_ID, redact, set_up_logging
from podcast_server.settings import LogSettings

TOKENS = Tokens([SigningKey("k", "5a" * 32, "2026-01-01")])
PRIVATE = [TOKENS.mint(kind, "a" * 16, "k") for kind in (FEED, MEDIA)]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("token", PRIVATE)
@pytest.mark.parametrize(
    "around", ["{}", "/f/{}", "/f/{}?a=1", "/f/{}x", "x{}", "“{}”", "%2Ff%2F{}%0A"]
)
def test_a_token_is_made_unreadable_whatever_stands_around_it(token: str, around: str) -> None:
    for form in (token, token.upper()):
        assert form[2:] not in redact(around.format(form))


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", ["feeds.delivery.door", "_granian", "somebody.else"])
def test_the_traceback_of_a_crash_is_redacted(
    form: Literal["text", "json"], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(LogSettings(format=form))
    try:
        raise RuntimeError(f"no file for /f/{PRIVATE[0]}")
    except RuntimeError:
        logging.getLogger(name).exception("GET /m/%s/x failed", PRIVATE[1])
    written = capsys.readouterr()
    assert written.out == ""
    assert "no file for /f/pf…" in written.err
    assert "GET /m/pm…/x failed" in written.err
    assert not any(token[2:] in written.err for token in PRIVATE)


def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogSettings(format="json"))
    logging.getLogger("a").info("two\nlines “and quotes”")
    [line] = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("info", "a")
    assert entry["message"] == "two\nlines “and quotes”"


def test_the_level_is_the_configured_one(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogSettings(level="warning"))
    logging.getLogger("a").info("not wanted")
    logging.getLogger("a").warning("wanted")
    assert "wanted" in capsys.readouterr().err.replace("not wanted", "?")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("key sk_live_51Habcdef refused", "51Habcdef"),
        ("key rk_test_51Habcdef refused", "51Habcdef"),
        ("secret whsec_abc123 wrong", "abc123"),
        ("postgresql+psycopg://pod:hunter2@db/podcast", "hunter2"),
        ("Authorization: Bearer s3cr3t-token", "s3cr3t-token"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ],
)
def test_keys_and_passwords_are_made_unreadable(text: str, hidden: str) -> None:
    assert hidden not in redact(text)
    assert redact(text).startswith(text[:6])


def test_an_address_without_a_password_stays_readable() -> None:
    assert redact("GET https://host:8443/a@b failed") == "GET https://host:8443/a@b failed"


@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_of_one_request_carry_its_id(
    form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(LogSettings(format=form))
    mark = REQUEST_ID.set("req-1234")
    logging.getLogger("somebody").warning("inside")
    REQUEST_ID.reset(mark)
    logging.getLogger("somebody").warning("outside")
    inside, outside = capsys.readouterr().err.splitlines()
    assert "req-1234" in inside
    assert "req-1234" not in outside
