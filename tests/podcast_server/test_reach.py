"""An address leads to this server when what only it can know is told there."""

from __future__ import annotations

from typing import Any

from feeds.tokens import SigningKey, Tokens
from podcast_server.reach import PATH, answering, is_answer, new_question

OTHERS = Tokens([SigningKey("other", "6b" * 32, "2026-01-01")])


def nothing(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return [b""]


def test_only_whole_numbers_are_answered(tokens: Tokens) -> None:
    said: list[str] = []
    app = answering(nothing, tokens)
    for path in (PATH, PATH + "x" * 32, PATH + "a" * 31, PATH + "a" * 32 + "/b"):
        app({"PATH_INFO": path}, lambda status, _headers: said.append(status))  # type: ignore[arg-type]
    assert said == ["404 Not Found"] * 4


def test_an_answer_holds_for_its_question_alone(tokens: Tokens) -> None:
    app = answering(nothing, tokens)
    one, other = new_question(), new_question()
    [said] = app({"PATH_INFO": PATH + one}, lambda *_: None)  # type: ignore[arg-type]
    assert is_answer(tokens, one, said)
    assert not is_answer(tokens, other, said)
    assert not is_answer(OTHERS, one, said)
