"""The log says in words what somebody did: for every act there is one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from podcast_server.pages.studio.people.acts import ACTS, act_words

WRITERS = {"doing", "note_action"}


def written() -> Iterator[str]:
    """The names of acts that the code writes down."""
    for path in Path("podcast_server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                for given in node.args[:2]:
                    if isinstance(given, ast.Constant) and "." in str(given.value):
                        yield str(given.value)


@pytest.mark.thorough
def test_every_act_has_words() -> None:
    found = set(written())
    assert len(found) > 60
    assert found - set(ACTS) == set()


@pytest.mark.parametrize("act", ["staff.role.editor:1", "staff.role.", "episode.save"])
def test_an_act_is_said_in_french(app: Flask, act: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert act_words(act) not in {act, ACTS.get(act)}


def test_an_act_without_words_keeps_its_name(app: Flask) -> None:
    with app.test_request_context():
        assert act_words("episode.xyz") == "episode.xyz"
