"""The reasons of the domain in the podcaster's language: all of them, and none half."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import episodes
from episodes.audio.errors import SENTENCES as AUDIO
from episodes.audio.errors import AudioRefused
from episodes.audio.facts import WARNINGS
from episodes.errors import BadField
from podcast_server.pages.studio.reasons import SENTENCES, in_their_words, reason

ELSEWHERE = {"rss_import", "storage", "child"}  # said on their own pages, or never shown
NOT_SHOWN = {"ValueError", "RuntimeError", "NotFound", "AudioRefused", "StrangeAnswer"}
KNOWN = {re.sub(r"%\(\w+\)s", "{}", each) for each in SENTENCES}


def raised() -> Iterator[str]:
    """Every sentence that the audio side raises, with holes for what is put in."""
    for path in Path(episodes.__path__[0]).rglob("*.py"):
        if ELSEWHERE & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            if getattr(node.exc.func, "id", "") not in NOT_SHOWN and node.exc.args:
                yield from _text(node.exc.args[-1])


def _text(words: ast.expr) -> Iterator[str]:
    if isinstance(words, ast.Constant):
        yield str(words.value)
    elif isinstance(words, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in words.values)
        yield "".join(map(str, parts))


def test_every_reason_is_known() -> None:
    assert set(raised()) - KNOWN == set()


def test_so_is_everything_about_audio() -> None:
    assert set(AUDIO.values()) - KNOWN == set()
    assert {re.sub(r"\{\w+\}", "{}", each) for each in WARNINGS.values()} - KNOWN == set()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AudioRefused("no_sound"), "Le fichier ne contient aucun son."),
        (
            BadField("slug", "there is already a show at “harbour”"),
            "Il y a déjà un podcast à «\N{NO-BREAK SPACE}harbour\N{NO-BREAK SPACE}».",
        ),
    ],
)
def test_they_are_said_in_french_without_the_name_of_a_field(
    app: Flask, error: Exception, said: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert reason(error) == said


def test_what_is_not_known_is_said_as_it_is(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert in_their_words("100% (new) words") == "100% (new) words."
