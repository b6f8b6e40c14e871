"""Private addresses that came without encryption: sent on to https, never answered.

Some podcast apps try http first. The front passes such requests on with ``X-Plain-Http: 1``;
the header can only be used to be sent away, so nobody gains by making it up. Whoever ran the
network in between could read the address, so the feed remembers, and its doctor offers another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from feeds.delivery.door import PLAIN_HTTP
from feeds.models import PrivateFeed
from feeds.tokens import FEED, MEDIA, Tokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_FOR_MACHINES = "/.well-known/"  # asked whatever name and scheme it came by (RFC 8615)
_KINDS = (("/f/", FEED), ("/m/", MEDIA))


def never_plain(
    app: WSGIApplication,
    public_url: str,
    seen: Callable[[str], None],
    other_hosts: frozenset[str] = frozenset(),
) -> WSGIApplication:
    """``app``, with what came without encryption redirected; ``seen`` hears of each path.

    A server that is itself without https has nothing to redirect to.
    """
    public = urlsplit(public_url)
    if public.scheme != "https":
        return app

    def entry(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if PLAIN_HTTP not in environ or environ["PATH_INFO"].startswith(_FOR_MACHINES):
            return app(environ, start_response)
        seen(environ["PATH_INFO"])
        host = environ.get("HTTP_HOST", "").partition(":")[0].lower()
        place = host if host in other_hosts else public.netloc
        start_response(
            # Old podcast apps know 301, and not all of them 308.
            "301 Moved Permanently",
            [
                ("Location", f"https://{place}{_path_of(environ)}"),
                ("Content-Length", "0"),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
            ],
        )
        return []

    return entry


def _path_of(environ: WSGIEnvironment) -> str:
    """The path as it was asked for (PEP 3333 hands it over decoded), and the query."""
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=-._~")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{quote(query, safe='%/:@!$&()*+,;=-._~?')}" if query else path


class Exposures:
    """Remembers which private feeds were asked for in the clear, the first time of each."""

    def __init__(self, engine: Engine, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._engine, self._tokens, self._clock = engine, tokens, clock

    def __call__(self, path: str) -> None:
        """Note a path, if a valid token is in it. Never fails the request."""
        key = self._key_in(path)
        if key is None:
            return
        try:
            feed_id = self._note(key)
        except SQLAlchemyError:
            log.exception("a private address came without encryption and could not be noted")
            return
        if feed_id is not None:
            log.warning("the address of private feed %d came without encryption", feed_id)

    def _note(self, key: str) -> int | None:
        """The feed's number if it is the first time."""
        unseen = (PrivateFeed.key == key) & PrivateFeed.exposed_at.is_(None)
        reading = self._engine.execution_options(read_only=True)
        with reading.connect() as connection:  # nearly always enough, and keeps nobody waiting
            feed_id = connection.scalar(select(PrivateFeed.id).where(unseen))
        if feed_id is None:
            return None
        moment = datetime.fromtimestamp(self._clock(), UTC)
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(PrivateFeed).where(unseen).values(exposed_at=moment)
            )
        return feed_id if changed.rowcount else None

    def _key_in(self, path: str) -> str | None:
        for prefix, kind in _KINDS:
            if path.startswith(prefix):
                return self._tokens.read(kind, path[len(prefix) :].partition("/")[0])
        return None
