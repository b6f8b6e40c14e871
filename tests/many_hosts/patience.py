"""What people and podcast apps do when a host dies under them: they try again.

The one place where tests allow for it. It does nothing unless hosts may be away.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from playwright.sync_api import Page, Response

_AWAY = frozenset({502, 503, 504})  # what a front says of a host that does not answer
_SECONDS, _PAUSE = 40.0, 0.5
_T = TypeVar("_T")
_on = False


@contextmanager
def hosts_may_be_away() -> Iterator[None]:
    """Within it, whoever meets a dead host tries again."""
    global _on
    _on = True
    try:
        yield
    finally:
        _on = False


def is_away(status: int) -> bool:
    """Whether an answer says that a host is away, and one may be."""
    return _on and status in _AWAY


def until_answered(ask: Callable[[], _T], status_of: Callable[[_T], int]) -> _T:
    """Ask, and again after a moment while the front says that a host is away, or the answer breaks
    off because one is."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            got = ask()
        except http.client.IncompleteRead:  # the host died in the middle of its answer
            if not _on or time.monotonic() > deadline:
                raise
        else:
            if not is_away(status_of(got)) or time.monotonic() > deadline:
                return got
        time.sleep(_PAUSE)


@contextmanager
def refreshing(refresh: Callable[[], object]) -> Iterator[None]:
    """An app that refreshes now and then, where hosts may be away.

    A host that dies takes with it what it had not yet written down of its last seconds.
    """
    stop = threading.Event()

    def go_on() -> None:
        while _on and not stop.wait(5):
            refresh()

    app = threading.Thread(target=go_on)
    app.start()
    try:
        yield
    finally:
        stop.set()
        app.join()


def make_patient(page: Page) -> None:
    """Who reads this page reloads it where a host is away: a form that was sent is then sent
    again, as their browser would after asking them."""
    if not _on:
        return
    went, last = page.goto, {"status": 0}

    def goto(url: str, **options: object) -> Response | None:
        return until_answered(
            lambda: went(url, **options),  # type: ignore[arg-type]
            lambda answer: answer.status if answer else 200,
        )

    def note(response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == page.main_frame:
            last["status"] = response.status

    def reload_if_away() -> None:
        if is_away(last["status"]):
            last["status"] = 0
            page.wait_for_timeout(_PAUSE * 1000)
            page.reload()

    page.goto = goto  # type: ignore[method-assign]
    page.on("response", note)
    page.on("load", lambda _page: reload_if_away())
