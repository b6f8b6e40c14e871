"""What is given again goes past WSGI; everything else goes through it, as it came."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from feeds.delivery.facts import Answer
from feeds.personalise.canvas import Canvases
from feeds.personalise.stencil import make_stencil
from podcast_server.short_way import answer_before_wsgi
from tests.running import installation

mp: Any = import_module("granian.server.mp")  # the step that is shortened has a private name

KNOWN = "/f/known"
TRACES = "http://127.0.0.1:9"
Step = Callable[[dict[str, str]], tuple[int, dict[str, str], bytes]]


class Protocol:
    """What granian hands over to be answered by."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.said = (status, dict(headers), body)


class Again:
    """Knows one path, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, facts: dict[str, Any]) -> Answer | None:
        self.asked.append((facts["PATH_INFO"], facts["REMOTE_ADDR"]))
        return Answer(304, [("ETag", '"1"')]) if facts["PATH_INFO"] == KNOWN else None


@pytest.fixture
def again() -> Again:
    return Again()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("X-Seen", f"{environ['REMOTE_ADDR']} {environ['SERVER_SOFTWARE']}")])
    return [b"a page"]


@pytest.fixture
def step(again: Again, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Step]:
    """granian's own step from a request to an application, shortened for so many proxies."""

    def shortened(proxies: int) -> Step:
        before = mp._wsgi_call_wrap
        monkeypatch.setattr(mp, "_wsgi_call_wrap", before)  # as it was, after the test
        assert answer_before_wsgi(again, proxies)
        run = mp._wsgi_call_wrap(application, {}, None)
        assert mp._wsgi_call_wrap is before

        def ask(facts: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
            protocol = Protocol()
            status = run(protocol, {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.1", **facts})
            assert status == protocol.said[0]
            return protocol.said

        return ask

    return shortened


def test_what_is_known_is_answered_without_the_application(step: Callable[[int], Step]) -> None:
    assert step(0)({"PATH_INFO": KNOWN}) == (304, {"ETag": '"1"'}, b"")


def test_all_else_reaches_the_application(step: Callable[[int], Step]) -> None:
    seen = {"X-Seen": "192.0.2.1 Granian"}
    assert step(0)({"PATH_INFO": "/f/other"}) == (200, seen, b"a page")


def test_our_own_proxies_say_who_asks(step: Callable[[int], Step], again: Again) -> None:
    told = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 192.0.2.77"}
    ask = step(1)
    assert ask({"PATH_INFO": KNOWN, **told})[0] == 304
    assert again.asked == [(KNOWN, "192.0.2.77")]


def test_nobody_else_can_say_who_asks(step: Callable[[int], Step], again: Again) -> None:
    step(0)({"PATH_INFO": KNOWN, "HTTP_X_FORWARDED_FOR": "203.0.113.9"})
    assert again.asked == [(KNOWN, "192.0.2.1")]


def test_what_the_application_gets_is_as_it_came(step: Callable[[int], Step]) -> None:
    # It has its own way to ask the proxies, and must not find their words used up.
    _, headers, _ = step(1)({"PATH_INFO": "/f/other", "HTTP_X_FORWARDED_FOR": "203.0.113.9"})
    assert headers["X-Seen"] == "192.0.2.1 Granian"


def test_pages_are_not_looked_for_behind_proxies(step: Callable[[int], Step], again: Again) -> None:
    step(1)({"PATH_INFO": "/studio", "HTTP_X_FORWARDED_FOR": "203.0.113.9"})
    assert again.asked == []


def test_a_server_without_that_step_goes_through_wsgi(
    again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(mp, "_wsgi_call_wrap")
    assert not answer_before_wsgi(again, 0)


class Sending(Protocol):
    """Notes whether a canvas is still on loan while the answer is handed over."""

    def response_bytes(self, status: int, headers: Any, body: Any) -> None:
        self.canvas, self.on_loan, self.took = body, body.home is not None, bytes(body)


class Failing(Protocol):
    """Cannot take an answer."""

    def response_bytes(self, status: int, headers: Any, body: Any) -> None:
        raise RuntimeError("the connection is gone")


def lend(monkeypatch: pytest.MonkeyPatch, copies: Canvases, *tokens: bytes) -> Any:
    """granian's step before an answer on a canvas, the same each time."""
    monkeypatch.setattr(mp, "_wsgi_call_wrap", mp._wsgi_call_wrap)
    answer_before_wsgi(lambda _facts: Answer(200, [], copies.draw(tokens, b".")), 0)
    return mp._wsgi_call_wrap(application, {}, None)


@pytest.fixture
def copies() -> Canvases:
    return Canvases(make_stencil([b"for ", b""], b"\0"), (4,), 1)


def test_a_canvas_is_given_back_when_the_server_has_its_copy(
    monkeypatch: pytest.MonkeyPatch, copies: Canvases
) -> None:
    sending = Sending()
    lend(monkeypatch, copies, b"anna")(sending, {"PATH_INFO": KNOWN})
    assert (sending.on_loan, sending.took) == (True, b"for anna.")
    assert copies.draw((b"otto",), b".") is sending.canvas


def test_a_canvas_that_could_not_be_handed_over_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch, copies: Canvases
) -> None:
    kept = copies.draw((b"otto",), b".")
    kept.give_back()
    with pytest.raises(RuntimeError):
        lend(monkeypatch, copies, b"anna")(Failing(), {"PATH_INFO": KNOWN})
    assert copies.draw((b"anna",), b".") is not kept


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("settings", "where"),
    [({}, "podcast_server.short_way"), ({"monitoring__otlp_endpoint": TRACES}, "granian.wsgi")],
)
def test_a_worker_takes_it_unless_every_request_is_to_be_traced(
    tmp_path: Path, settings: dict[str, str], where: str
) -> None:
    place = installation(tmp_path, **settings)
    words = (
        "from granian.server import mp; from podcast_server.wsgi import create_for_granian;"
        " create_for_granian(); print(mp._wsgi_call_wrap.__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], env=place.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == where
