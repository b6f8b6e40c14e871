"""Does an address lead to this very server? It is asked there for a number that only we can give.

The answer is told whatever name the question came by, since the address may not be ours yet; it is
derived from the signing keys for this purpose alone and opens nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from feeds.tokens import Tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/.well-known/podcast-server/"
_NUMBER = re.compile(r"[0-9a-f]{32}")


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
