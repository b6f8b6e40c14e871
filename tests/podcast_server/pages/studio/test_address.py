"""The owner asks whether an address leads to this server, and what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask

from episodes.models import Show
from feeds.delivery.lane import Lane
from feeds.tokens import SigningKey, Tokens
from podcast_server.app import create_app
from podcast_server.pages.studio.site.address import plain_address
from podcast_server.pages.studio.site.reaching import try_address
from podcast_server.reach import answering
from podcast_server.services import Services
from podcast_server.settings import ImportSettings
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk
from tests.running import free_port
from tests.serving import serving

PAGE = "/studio/site/address"
OTHERS = Tokens([SigningKey("other", "6b" * 32, "2026-01-01")])


def nothing(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return [b""]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[Callable[[Any], str]]:
    """Serve an application on this machine; gives its address."""
    with ExitStack() as running:

        def serve(app: Any) -> str:
            server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
            running.enter_context(serving(server))
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


@pytest.fixture
def desk(services: Services, lane: Lane, clock: Clock, hire: Callable[..., Desk]) -> Desk:
    """An owner at a server that may also ask this machine itself."""
    hire("owner")
    imports = ImportSettings(allow_loopback=True)
    settings = services.settings.model_copy(update={"imports": imports})
    app: Flask = create_app(replace(services, settings=settings), lane, lambda: clock.now)
    desk = Desk(app, HTTP_HOST="127.0.0.1:8000")
    desk.enter("owner@example.org")
    return desk


def test_our_own_address_is_known(desk: Desk, tokens: Tokens, served: Callable[[Any], str]) -> None:
    here = served(answering(nothing, tokens))
    page = desk.send(PAGE, address=here).text
    assert f"{here} leads to this server." in page
    assert f"PODCAST_SERVER_SITE__PUBLIC_URL={here}" in page
    assert f'public_url = "{here}"' in page


def test_the_page_tells_the_steps_and_the_lines_only_for_what_leads_here(desk: Desk) -> None:
    page = desk.get(PAGE).text
    assert "step by step" in page
    assert "PUBLIC_URL" not in page


def test_a_server_with_other_keys_is_another_one(desk: Desk, served: Callable[[Any], str]) -> None:
    page = desk.send(PAGE, address=served(answering(nothing, OTHERS))).text
    assert "it is not this server" in page
    assert "PODCAST_SERVER_SITE__PUBLIC_URL" not in page


def test_so_is_any_other_program(desk: Desk, served: Callable[[Any], str]) -> None:
    assert "it is not this server" in desk.send(PAGE, address=served(nothing)).text


def test_an_address_that_leads_on_is_named(
    desk: Desk, tokens: Tokens, served: Callable[[Any], str]
) -> None:
    here = served(answering(nothing, tokens))

    def onward(environ: Any, start_response: Any) -> list[bytes]:
        start_response("302 Found", [("Location", here + environ["PATH_INFO"])])
        return [b""]

    assert f"leads on to {here}" in desk.send(PAGE, address=served(onward)).text


def test_where_nobody_answers_is_said(desk: Desk) -> None:
    assert "Nobody answers at" in desk.send(PAGE, address=f"http://127.0.0.1:{free_port()}").text


def test_our_own_network_is_not_asked(services: Services) -> None:
    result = try_address(services, "http://127.0.0.1:1")
    assert "leads into a private network" in result.text


def test_a_name_without_a_record_says_what_to_make(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def nowhere(*_args: object, **_named: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert "There is no name" in desk.send(PAGE, address="podcast.nowhere.example").text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("podcast.example.org", "https://podcast.example.org"),
        (" HTTPS://Podcast.Example.org/ ", "https://podcast.example.org"),
        ("http://podcast.example.org:8080", "http://podcast.example.org:8080"),
        ("https://user:pass@example.org", ""),
        ("https://example.org/path", ""),
        ("https://example.org?x=1", ""),
        ("ftp://example.org", ""),
        ("https://exa mple.org", ""),
        ("https://example.org:99999", ""),
        ("", ""),
    ],
)
def test_an_address_is_scheme_and_host_alone(typed: str, plain: str) -> None:
    assert plain_address(typed) == plain


def test_editors_ask_nowhere(hire: Callable[..., Desk], services: Services, show: Show) -> None:
    editor = hire("editor", show)
    assert editor.get(PAGE).status_code == 403
    assert editor.send(PAGE, address="example.org").status_code == 403
