"""Why something about people was refused, in the podcaster's language: all of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from podcast_server.accounts.members import BadEmailError
from podcast_server.pages.studio.people_reasons import SENTENCES, people_reason
from tests.podcast_server.pages.studio.conftest import Desk

FOLDERS = (Path("podcast_server/accounts"), Path("podcast_server/moving/members"))
SILENT = {"ValueError", "TooManyRequests", "TypeError", "LookupError", "RuntimeError"}
KNOWN = {re.sub(r"%\(\w+\)s", "{}", each) for each in SENTENCES}


def raised() -> Iterator[str]:
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                    continue
                if getattr(node.exc.func, "id", "") not in SILENT and node.exc.args:
                    yield from texts(node.exc.args[0])


def texts(words: ast.expr) -> Iterator[str]:
    if isinstance(words, ast.Constant):
        yield str(words.value)
    elif isinstance(words, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in words.values)
        yield "".join(map(str, parts))


def test_every_reason_is_known() -> None:
    assert set(raised()) - KNOWN == set()


def test_an_address_that_is_none_is_said_in_french(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        said = people_reason(BadEmailError("“marit” is not an e-mail address"))
    assert said == "«\N{NO-BREAK SPACE}marit\N{NO-BREAK SPACE}» n’est pas une adresse e-mail."


def test_a_weak_password_is_refused_in_french(owner: Desk) -> None:
    form = {"csrf_token": owner.token(), "old": "three harbour seals", "new": "aaaaaaaaaaaaaa"}
    answer = owner.client.post(
        "/studio/account/password", data=form, headers={"Accept-Language": "fr"}
    )
    assert "trop facile à deviner" in answer.text
