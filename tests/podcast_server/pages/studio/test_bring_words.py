"""What an import and a switch-over say, in the podcaster's language: all of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from episodes.audio.facts import WARNINGS
from podcast_server.moving import switch
from podcast_server.pages.studio import reasons
from podcast_server.pages.studio.bring.words import SENTENCES, reason_words

IMPORT = Path("episodes/rss_import")
SAYING = {"ImportRefused", "FetchFailed", "Finding"}
KNOWN = {re.sub(r"%\(\w+\)s", "{}", each) for each in (*SENTENCES, *reasons.SENTENCES)}


def said() -> Iterator[str]:
    """Every refusal of the import and every advice of the check, with holes."""
    for path in (*IMPORT.rglob("*.py"), Path(switch.__file__)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING:
                yield from texts(node.args[-1])


def texts(words: ast.expr) -> Iterator[str]:
    if isinstance(words, ast.IfExp):
        yield from texts(words.body)
        yield from texts(words.orelse)
    elif isinstance(words, ast.Constant) and isinstance(words.value, str) and words.value:
        yield words.value
    elif isinstance(words, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in words.values)
        yield "".join(map(str, parts))


def test_every_reason_and_every_advice_is_known() -> None:
    found = set(said())
    assert len(found) > 20
    assert found - KNOWN == set()


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("pod.example answers 503", "pod.example répond 503"),
        (
            "its picture is left out: the image is damaged: save it again as JPEG or PNG",
            "son image est laissée de côté\N{NO-BREAK SPACE}: l’image est abîmée",
        ),
        (
            "left out: number: must be at least 1, or empty",
            "laissé de côté\N{NO-BREAK SPACE}: Numéro\N{NO-BREAK SPACE}: ",
        ),
        (WARNINGS["has_video"], "le fichier contient aussi un film"),
        ("3 are missing, first “A: b”: bring the feed over again", "il en manque 3"),
    ],
)
def test_it_is_said_in_french(app: Flask, text: str, french: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert reason_words(text).startswith(french)


def test_what_nobody_knows_is_said_as_it_is(app: Flask) -> None:
    with app.test_request_context():
        assert reason_words("a: b") == "a: b"
