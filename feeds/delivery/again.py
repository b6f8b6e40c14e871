"""What was given before, given again before everything else: nearly all that podcast apps ask.

Two doors ask for it: that of the web server itself, before there is any WSGI environment, and
that of WSGI. Such an answer leaves no line in the log, and so it carries no request id.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from feeds.delivery.door import PLAIN_HTTP, STAY, host_of, send
from feeds.delivery.facts import Answer
from feeds.delivery.lane import Lane

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What kind of thing was asked for, the status, and the seconds it took.
Counter = Callable[[str, int, float], None]
# The answer to a request, told by the names of WSGI; None where it must be found anew. Its body
# may be on a canvas, which the door gives back.
Again = Callable[["WSGIEnvironment"], Answer | None]


def given_again(
    lane: Lane,
    count: Counter,
    other_hosts: frozenset[str] = frozenset(),
    *,
    https: bool = False,
) -> Again:
    """What ``lane`` gave before and may give again. ``count`` hears of it; what ``other_hosts``
    and ``https`` are, see ``fast_lane``."""
    clock = time.perf_counter

    def again(environ: WSGIEnvironment) -> Answer | None:
        began, path = clock(), environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET" or PLAIN_HTTP in environ:
            return None
        if other_hosts and host_of(environ) in other_hosts:
            return None
        try:
            answer = lane.again(path, environ.get)
        except Exception:
            # What is wrong is met again behind, and logged there with the request's id.
            return None
        if answer is None:
            return None
        if https:
            answer = Answer(answer.status, [*answer.headers, STAY], answer.body)
        count("feed" if path.startswith("/f/") else "audio", answer.status, clock() - began)
        return answer

    return again


def again_first(again: Again, app: WSGIApplication) -> WSGIApplication:
    """``app`` behind what can be given again."""

    def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = again(environ)
        return app(environ, start_response) if answer is None else send(answer, start_response)

    return entry
