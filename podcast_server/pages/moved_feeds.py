"""Feed addresses of another host: 301 to the feed here, so that apps follow by themselves.

Asked only where nothing of ours answers, or for host names that are there for nothing else. What
was asked for is a secret and is never logged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from feeds.delivery.throttle import Throttle, counted_as
from podcast_server.database import reading
from podcast_server.error_pages import error_answer
from podcast_server.moving.members.paths import PATH_SECRET, where_to
from podcast_server.services import Services, limit_counter


def install_moved_feeds(app: Flask, services: Services, clock: Callable[[], datetime]) -> None:
    """Look for the new address of what would be 404; guesses are limited like those of tokens."""
    secret = services.tokens.derive(PATH_SECRET)
    per_minute = services.settings.feeds.guesses_per_minute
    guesses = Throttle("old-feed", per_minute, limit_counter(services))
    old_hosts = frozenset(services.settings.site.old_hosts)
    public_url = services.addresses.public_url

    def find() -> Response | None:
        """The redirect, a refusal after too many guesses, or None."""
        if request.method not in {"GET", "HEAD"}:
            return None
        query = request.query_string.decode("latin-1")
        with reading(services.engine) as session:
            target = where_to(session, secret, services.tokens, public_url, request.path, query)
        if target is not None:
            return _moved(target)
        wait = guesses.exceeded(counted_as(request.remote_addr or ""), clock().timestamp())
        return _too_many(wait) if wait else None

    def look_for_moved_feed() -> Response | None:
        name = request.host.rpartition(":")[0] or request.host
        if name.lower() in old_hosts:
            return find() or error_answer(404)
        # Only where no route of ours matches: a view that finds nothing is an answer.
        return find() if isinstance(request.routing_exception, NotFound) else None

    # Not in the handler of 404: what fails there is logged with its address by Flask.
    app.before_request(look_for_moved_feed)


def _moved(target: str) -> Response:
    answer = Response(status=301)
    answer.headers["Location"] = target
    # The new address is as secret as the old one.
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _too_many(wait: int) -> Response:
    answer = error_answer(429)
    answer.headers["Retry-After"] = str(wait)
    return answer
