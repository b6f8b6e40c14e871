"""A short way past WSGI, for what is given again (feeds/delivery/again.py).

granian turns each request into a WSGI environment with all variables of the process in it, and
the answer's status line back into a number: a third of the work where there is next to nothing
else to do. It has no public place to come before that. So its own step from a request to an
application gets a step in front; where a later granian has no such step, all goes through WSGI.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from feeds.delivery.again import Again
from feeds.personalise import Canvas

# What takes a request from granian's own side: (protocol, facts by the names of WSGI) → status.
Step = Callable[[Any, dict[str, Any]], int]
_SERVER, _STEP = "granian.server.mp", "_wsgi_call_wrap"
_PREFIXES = ("/f/", "/m/")


def answer_before_wsgi(again: Again, proxies: int) -> bool:
    """Have granian ask ``again`` first, from the next application that it takes up in this
    process. ``proxies``: how many of our own are in front. False where it cannot be done."""
    server = sys.modules.get(_SERVER)
    make_step = getattr(server, _STEP, None)
    if make_step is None:
        return False
    if proxies:
        again = _behind_proxies(again, proxies)

    def make_shorter(application: Any, *options: Any) -> Step:
        setattr(server, _STEP, make_step)
        return _first(again, make_step(application, *options))

    setattr(server, _STEP, make_shorter)
    return True


def _first(again: Again, through_wsgi: Step) -> Step:
    def step(protocol: Any, facts: dict[str, Any]) -> int:
        answer = again(facts)
        if answer is None:
            return through_wsgi(protocol, facts)
        status, headers, body = answer
        protocol.response_bytes(status, headers, body)
        # The server has made a copy of its own, which it sends whenever the app takes it.
        if isinstance(body, Canvas):
            body.give_back()
        return status

    return step


def _behind_proxies(again: Again, proxies: int) -> Again:
    """As ``again``, told who asks by our own proxies, as the application behind is."""

    def found(facts: Any, _start: object) -> Any:
        return again(facts)

    trusting: Any = ProxyFix(found, x_for=proxies, x_proto=proxies, x_host=proxies)

    def again_behind(facts: dict[str, Any]) -> Any:
        # A copy, for what is not given again goes on as it came.
        return trusting(dict(facts), None) if facts["PATH_INFO"].startswith(_PREFIXES) else None

    return again_behind
