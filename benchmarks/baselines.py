"""Plain WSGI applications to compare with: as little as can be done for the same request."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.render import feedgen_alone
from feeds.access import Entitlement
from feeds.rendering.assemble import Addresses, Assembler
from feeds.tokens import FEED, Tokens, load_signing_keys
from podcast_server.database import open_engine
from podcast_server.services import now_utc
from podcast_server.settings import Settings, load_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_QUERY = """
select f.id, f.member_id, f.show_id, f.state, f.closes_at, f.signing_key, s.revision, a.windows
from private_feeds f join shows s on s.id = f.show_id
left join access a on a.member_id = f.member_id and a.show_id = f.show_id where f.key = """
_UNCHANGED = [
    ("ETag", '"x"'),
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Accept-Encoding"),
]


def lookup() -> WSGIApplication:
    """Reads the token, looks its row up, and answers 304 whatever it says."""
    settings = load_settings(None, os.environ)
    tokens = Tokens(load_signing_keys(settings.keys_file))
    idle: deque[Any] = deque()
    query = _QUERY + ("?" if settings.database_url.startswith("sqlite") else "%s")

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        key = tokens.read(FEED, environ["PATH_INFO"][3:])
        connection = idle.pop() if idle else _connect(settings)
        row = connection.execute(query, (key,)).fetchone()
        idle.append(connection)
        if row is None:
            start_response("404 Not Found", [])
            return []
        start_response("304 Not Modified", list(_UNCHANGED))
        return []

    return app


def _connect(settings: Settings) -> Any:
    url = settings.database_url
    if url.startswith("sqlite"):
        path = settings.data / "podcast.sqlite3"
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    driver = url.replace("postgresql+psycopg", "postgresql")
    return psycopg.connect(driver, autocommit=True, prepare_threshold=0)


def redirect() -> WSGIApplication:
    """Sends everybody on to the same address."""
    headers = [("Location", "http://127.0.0.1:9/audio/" + "x" * 300), ("Content-Length", "0")]

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("302 Found", list(headers))
        return []

    return app


def same_bytes() -> WSGIApplication:
    """Sends everybody the gzip file that FILE names: what the web server itself can do."""
    body = Path(os.environ["FILE"]).read_bytes()
    headers = [("Content-Type", "application/rss+xml"), ("Content-Encoding", "gzip")]
    headers.append(("Content-Length", str(len(body))))

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(headers))
        return [body]

    return app


def naive() -> WSGIApplication:
    """Renders and compresses the feed for each request, with the episodes already in memory."""
    settings = load_settings(None, os.environ)
    assemble = Assembler(open_engine(settings.database_url), Addresses(settings.site.public_url))
    member = Entitlement((("show", 0),))
    document = assemble(1, member, now_utc().timestamp()).document

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = gzip.compress(feedgen_alone(document), compresslevel=6)
        headers = [("Content-Type", "application/rss+xml"), ("Content-Encoding", "gzip")]
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return app
