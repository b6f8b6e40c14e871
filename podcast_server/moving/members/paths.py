"""Feed addresses of another host, so that apps which subscribed there go on.

Only a keyed hash of an old path is kept, because the path opens a feed. The host is left out:
requests reach us only for hosts that point here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.errors import UnknownSigningKey
from feeds.models import PrivateFeed
from feeds.private_feeds import feed_url
from feeds.tokens import Tokens
from podcast_server.moving.members.errors import MappingRefused
from podcast_server.moving.members.models import MovedPath

PATH_SECRET = b"podcast-server.old-feed-paths"
_LONGEST = 2_000
# So many parts of a query are tried one by one: apps add some of their own.
_MOST_PAIRS = 6


def old_path(cell: str, template: str = "") -> str:
    """The path and query of an old feed address; "" for an empty cell.

    A cell may hold an address, a path, or just the token where ``template`` ("/feed/{}") says
    where it stood. Raises ValueError for what is none of these.
    """
    cell = cell.strip()
    if not cell:
        return ""
    if len(cell) > _LONGEST:
        raise ValueError("too long")
    if template and "/" not in cell:
        cell = template.replace("{}", cell)
    parts = urlsplit(cell)
    if not parts.path.startswith("/") or (parts.path == "/" and not parts.query):
        raise ValueError(cell)
    return _spelled(unquote(parts.path), parts.query)


def old_host(cell: str) -> str:
    """The name of the host that an old address names; "" for a path alone."""
    try:
        return (urlsplit(cell.strip()).hostname or "")[:255]
    except ValueError:
        return ""


def _spelled(path: str, query: str) -> str:
    """One spelling for all ways to write the same address."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    path = path.rstrip("/") or "/"
    return f"{path}?{urlencode(pairs)}" if pairs else path


def hash_path(secret: bytes, spelled: str) -> str:
    """What is stored of a path."""
    return hmac.new(secret, b"old-path:" + spelled.encode(), hashlib.sha256).hexdigest()


def spellings(path: str, query: str) -> Iterator[str]:
    """How a requested address may have been stored: whole, with one part of the query, without.

    ``path`` comes decoded, ``query`` as it was sent.
    """
    yield _spelled(path, query)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        pairs = []
    if len(pairs) > 1:
        for pair in pairs[:_MOST_PAIRS]:
            yield _spelled(path, urlencode([pair]))
    if query:
        yield _spelled(path, "")


def where_to(
    session: Session, secret: bytes, tokens: Tokens, public_url: str, path: str, query: str
) -> str | None:
    """The address of ours that an old one leads to; None for one we were never told.

    A private feed is led to whatever its state: one that was closed says so itself.
    """
    if len(path) + len(query) > _LONGEST:
        return None
    try:
        hashes = [hash_path(secret, each) for each in spellings(path, query)]
    except ValueError:  # more parts than any address has, or half a character
        return None
    rows = session.scalars(select(MovedPath).where(MovedPath.path_hash.in_(hashes)))
    found = {row.path_hash: row for row in rows}
    first = next((found[each] for each in hashes if each in found), None)
    if first is None:
        return None
    if first.feed_id is not None:
        feed = session.get_one(PrivateFeed, first.feed_id)
        try:
            return feed_url(tokens, public_url, feed)
        except UnknownSigningKey:
            return None
    return f"{public_url}/shows/{session.get_one(Show, first.show_id).slug}/feed.xml"


def keep_path(
    session: Session,
    path_hash: str,
    show_id: int,
    feed_id: int | None,
    import_id: int | None,
    now: datetime,
) -> None:
    """Let an old path lead to a feed. One that leads somewhere already is left alone."""
    if path_hash and session.get(MovedPath, path_hash) is None:
        session.add(
            MovedPath(
                path_hash=path_hash,
                show_id=show_id,
                feed_id=feed_id,
                import_id=import_id,
                created_at=now,
            )
        )
        session.flush()


def keep_public_path(
    session: Session, secret: bytes, show: Show, address: str, now: datetime
) -> str:
    """Let the old address of a show's public feed lead to ours; returns it as kept.

    Raises MappingRefused.
    """
    try:
        spelled = old_path(address)
    except ValueError:
        spelled = ""
    if not spelled:
        raise MappingRefused(f"“{address[:100]}” is no address: write /feed/name or all of it")
    path_hash = hash_path(secret, spelled)
    known = session.get(MovedPath, path_hash)
    if known is not None and (known.show_id, known.feed_id) != (show.id, None):
        raise MappingRefused("this address leads to another feed already")
    keep_path(session, path_hash, show.id, None, None, now)
    return spelled
