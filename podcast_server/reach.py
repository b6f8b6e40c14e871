"""Does an address lead to this very server? It is asked there for a number that only we can give.

The answer is told whatever name the question came by, since the address may not be ours yet; it is
derived from the signing keys for this purpose alone and opens nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from episodes.rss_import.errors import FetchFailed, ImportRefused, PrivateNetwork
from episodes.rss_import.fetch import Fetcher
from feeds.tokens import Tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/.well-known/podcast-server/"
_NUMBER = re.compile(r"[0-9a-f]{32}")
_MOST = 1000  # bytes of an answer

Found = Literal[
    "here",
    "onward",  # here, but under another address
    "private",  # a network that nobody outside can reach
    "another",  # something that is not this server
    "unnamed",  # there is no such name
    "unproven",  # no valid certificate
    "silent",  # nobody
]


@dataclass(frozen=True, slots=True)
class Reached:
    """What an address leads to; ``there`` where one gets to in the end, if it is here."""

    found: Found
    there: str = ""


def ask_at(address: str, tokens: Tokens, *, allow_loopback: bool = False) -> Reached:
    """Ask at an address, scheme and host alone, whether this server answers there."""
    question = new_question()
    with closing(Fetcher(allow_loopback=allow_loopback, attempts=1)) as fetcher:
        try:
            page = fetcher.read(f"{address}{PATH}{question}", limit=_MOST)
        except PrivateNetwork:
            return Reached("private")
        except FetchFailed as error:
            return Reached(_why_silent(error))
        except ImportRefused:
            return Reached("another")
    if page is None or not is_answer(tokens, question, page.data):
        return Reached("another")
    parts = urlsplit(page.url)
    there = f"{parts.scheme}://{parts.netloc}"
    return Reached("here" if there == address else "onward", there)


def _why_silent(error: Exception) -> Found:
    causes = list(_causes(error))
    if any(isinstance(each, socket.gaierror) for each in causes):
        return "unnamed"
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return "unproven"
    return "silent"


def _causes(error: BaseException, depth: int = 12) -> Iterator[BaseException]:
    """The error and all that led to it, however the libraries wrapped it."""
    yield error
    if not depth:
        return
    wrapped = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    for each in wrapped:
        if isinstance(each, BaseException):
            yield from _causes(each, depth - 1)


def new_question() -> str:
    """A number that nobody was asked for before."""
    return secrets.token_hex(16)


def answer_to(tokens: Tokens, question: str) -> str:
    """What this server answers, and every other of the same installation."""
    key = tokens.derive(b"podcast-server.reach")
    return hmac.digest(key, question.encode(), "sha256").hex()


def is_answer(tokens: Tokens, question: str, said: bytes) -> bool:
    """Whether somebody with our keys said it."""
    return hmac.compare_digest(answer_to(tokens, question).encode(), said.strip())


def answering(app: WSGIApplication, tokens: Tokens) -> WSGIApplication:
    """``app``, and before it the answers to such questions."""

    def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(PATH) or not _NUMBER.fullmatch(path[len(PATH) :]):
            return app(environ, start_response)
        body = answer_to(tokens, path[len(PATH) :]).encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("200 OK", headers)
        return [body]

    return entry
