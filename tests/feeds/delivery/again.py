"""The door before all others, at which apps that ask again are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.delivery.again import Counter, again_first, given_again
from feeds.delivery.facts import Answer, Request
from feeds.delivery.lane import Lane
from feeds.personalise import Canvas

Said = tuple[str, dict[str, str]]


def ask(lane: Lane, path: str, method: str = "GET", **headers: str) -> Answer | None:
    """Ask as the web server does: first what was given before, then the lane. Header names as
    keyword arguments."""
    facts = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    facts |= {"PATH_INFO": path, "REQUEST_METHOD": method, "REMOTE_ADDR": "192.0.2.7"}
    known = given_again(lane, lambda *_: None)(facts)
    if known is None:
        return lane.answer(Request(method, path, "192.0.2.7", **headers))
    body = known.body
    return known._replace(body=body.taken()) if isinstance(body, Canvas) else known


def by_the_door(
    lane: Lane,
    path: str,
    facts: Mapping[str, str] | None = None,
    *,
    count: Counter = lambda *_: None,
    https: bool = False,
    behind: Any = None,
) -> Said:
    """What it answers; the status "passed on" where it leaves a request to what is behind it."""
    said: list[Said] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        said.append((status, dict(headers)))

    def passed_on(_environ: object, _start: object) -> list[bytes]:
        said.append(("passed on", {}))
        return []

    again = given_again(lane, count, frozenset({"old.example"}), https=https)
    entry: Any = again_first(again, behind or passed_on)
    list(entry({"REQUEST_METHOD": "GET", "PATH_INFO": path, **(facts or {})}, start))
    return said[0]
