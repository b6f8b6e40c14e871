"""Every route of the studio that changes something, or lets it leave, is in the log."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import cache
from types import CodeType
from typing import Any

import pytest
from flask import Flask

# What writes the log.
WRITERS = {"doing", "note_action", "note", "sign_in_staff"}
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
EXCEPTIONS = {
    "studio_passkeys.begin": "asks for a challenge; the passkey that answers it is logged",
    "studio_passkeys.begin_entering": "asks for a challenge; signing in with it is logged",
    "studio_bring.check": "looks at an address elsewhere and changes nothing here",
    "studio_episode.preview": "shows what was typed and keeps nothing",
    "studio_transcripts.download": "the words that listeners get with the episode",
    "studio_uploads.part": "a part of an upload whose beginning and end are logged",
    "studio_uploads.glance": "fills the draft of an upload whose beginning is logged",
}


@cache
def called(code: CodeType) -> set[str]:
    """The names of functions in a code, those of methods left out."""
    return {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}


def reached(code: CodeType, names: dict[str, Any], seen: set[CodeType]) -> Iterator[CodeType]:
    """The code of a view and of every function of the studio that it may call."""
    seen.add(code)
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner not in seen:
            yield from reached(inner, names, seen)
    for name in called(code):
        found: Any = names.get(name)
        found = getattr(found, "__wrapped__", found)
        own = getattr(found, "__module__", "").startswith("podcast_server.pages.studio")
        if own and hasattr(found, "__code__") and found.__code__ not in seen:
            yield from reached(found.__code__, found.__globals__, seen)


def routes(app: Flask) -> Iterator[tuple[str, set[str], list[CodeType]]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/studio"):
            view: Any = app.view_functions[rule.endpoint]
            codes = list(reached(view.__code__, view.__globals__, set()))
            yield rule.endpoint, set(rule.methods or ()), codes


def is_logged(codes: list[CodeType]) -> bool:
    return any(WRITERS & called(code) for code in codes)


def lets_something_leave(codes: list[CodeType]) -> bool:
    return any("Content-Disposition" in code.co_consts for code in codes)


def test_every_route_that_changes_or_exports_writes_the_log(app: Flask) -> None:
    found = [
        (endpoint, codes)
        for endpoint, methods, codes in routes(app)
        if methods & CHANGES or lets_something_leave(codes)
    ]
    assert len(found) > 70
    silent = {endpoint for endpoint, codes in found if not is_logged(codes)}
    assert silent - EXCEPTIONS.keys() == set()


def test_no_exception_is_left_over(app: Flask) -> None:
    silent = {endpoint for endpoint, _methods, codes in routes(app) if not is_logged(codes)}
    assert EXCEPTIONS.keys() - silent == set()


@pytest.mark.parametrize("endpoint", ["studio_members.export", "studio_numbers.export"])
def test_exports_are_among_them(app: Flask, endpoint: str) -> None:
    assert [lets_something_leave(codes) for name, _m, codes in routes(app) if name == endpoint]
