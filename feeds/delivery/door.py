"""The WSGI door: an environment in, the lane's answer out (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from feeds.delivery.facts import Answer, Body, Headers, Request, text_answer
from feeds.delivery.lane import Lane
from feeds.personalise import Canvas

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
STAY = ("Strict-Transport-Security", "max-age=31536000")
PLAIN_HTTP = "HTTP_X_PLAIN_HTTP"  # what came without encryption (plain_http.py)
_PREFIXES = ("/f/", "/m/", "/listen/", "/shows/", "/art/")


def request_facts(environ: WSGIEnvironment) -> Request:
    """What of a WSGI environment the lane needs."""
    get = environ.get
    return Request(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        get("REMOTE_ADDR", ""),
        get("HTTP_USER_AGENT", ""),
        get("HTTP_ACCEPT_ENCODING", ""),
        get("HTTP_IF_NONE_MATCH", ""),
        get("HTTP_RANGE", ""),
        get("HTTP_IF_RANGE", ""),
        get("HTTP_REFERER", ""),
    )


def send(
    answer: Answer, start_response: StartResponse, extra: Headers | None = None
) -> Iterable[bytes]:
    """Start the response, with headers besides the answer's, and give the body as WSGI wants it."""
    headers = answer.headers + extra if extra else answer.headers
    start_response(_STATUS_LINES[answer.status], headers)
    body = answer.body.taken() if isinstance(answer.body, Canvas) else answer.body
    if isinstance(body, bytes):
        return [body] if body else []
    return _Chunks(body)


class _Chunks:
    """A streamed body whose ``close`` always reaches the stream, even if never iterated."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        self._iterator = self._body.chunks()
        return self._iterator

    def close(self) -> None:
        for each in (self._iterator, self._body):
            close: Callable[[], Any] | None = getattr(each, "close", None)
            if close is not None:
                close()


def answer_or_busy(lane: Lane, request: Request) -> Answer | None:
    """The lane's answer; 503 when something it needs is away, which apps take as "later"."""
    try:
        return lane.answer(request)
    except Exception:
        return _busy(request.method, request.path)


def _answer(lane: Lane, environ: WSGIEnvironment) -> Answer | None:
    try:
        return lane.answer(request_facts(environ))
    except Exception:
        return _busy(environ["REQUEST_METHOD"], environ["PATH_INFO"])


def _busy(method: str, path: str) -> Answer:
    # A database or disk that is away must not look like a feed that is gone.
    log.exception("%s %s could not be answered", method, path)
    return text_answer(503, "The server cannot answer just now.", ("Retry-After", "60"))


def host_of(environ: WSGIEnvironment) -> str:
    """The name a request was sent to, in lower case and without a port."""
    host: str = environ.get("HTTP_HOST", "")
    return host.partition(":")[0].lower()


def fast_lane(
    lane: Lane,
    app: WSGIApplication,
    other_hosts: frozenset[str] = frozenset(),
    *,
    https: bool = False,
) -> WSGIApplication:
    """``app`` with the lane in front of it; requests under ``other_hosts`` (lower case) are the
    app's alone. ``https``: apps may take for granted that it stays so (RFC 6797)."""

    stay: Headers = [STAY] if https else []

    def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(_PREFIXES) and not (
            other_hosts and host_of(environ) in other_hosts
        ):
            answer = _answer(lane, environ)
            if answer is not None:
                return send(answer, start_response, stay)
        return app(environ, start_response)

    return entry
