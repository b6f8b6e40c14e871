"""The plain values between an HTTP door and the answer: what was asked, what is answered.

Named tuples rather than dataclasses wherever one is made for every request: frozen
dataclasses cost three times as much to make.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from feeds.personalise import Canvas

Headers = list[tuple[str, str]]


class Request(NamedTuple):
    """What of an HTTP request may matter to a feed or media answer. Empty means absent."""

    method: str
    path: str
    address: str = ""
    user_agent: str = ""
    accept_encoding: str = ""
    if_none_match: str = ""
    range: str = ""
    if_range: str = ""
    referrer: str = ""


class Body(Protocol):
    """A body that is sent piece by piece and knows afterwards how much was taken."""

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces small enough to hold one for each slow listener."""


class Answer(NamedTuple):
    """One HTTP answer. A HEAD answer has the headers of GET and an empty body. A canvas is to be
    given back when it is sent."""

    status: int
    headers: Headers
    body: bytes | Canvas | Body = b""


def text_answer(status: int, sentence: str, *extra: tuple[str, str]) -> Answer:
    """A short plain-text answer for a person or a log, never HTML, never cached."""
    body = sentence.encode() + b"\n"
    return Answer(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *PRIVATE,
            *extra,
        ],
        body,
    )


# What every answer under a private path carries.
PRIVATE: Headers = [
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]
