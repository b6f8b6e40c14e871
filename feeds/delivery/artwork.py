"""A request for a cover → its answer. Covers are public and never change under one address.

So are the pictures of persons and chapters."""

from __future__ import annotations

import re

from episodes.storage.base import Storage
from feeds.delivery.caching import matches
from feeds.delivery.facts import Answer, Request, text_answer

_ARTWORK = re.compile(
    r"\d+/(?:episodes/[a-z2-7]{10}/)?(?:artwork|picture)-[0-9a-f]{32}\.(?:jpg|png)"
)


def answer_artwork(name: str, request: Request, *, storage: Storage) -> Answer | None:
    """The answer for ``/art/<name>``: a cover, public and for ever; None for other names."""
    if not _ARTWORK.fullmatch(name):
        return None
    key = f"shows/{name}"
    stat = storage.stat(key)
    if stat is None:
        return text_answer(404, "There is no such picture.")
    etag = f'"{name.rpartition("-")[2]}"'
    headers = [
        ("Content-Type", "image/png" if name.endswith("png") else "image/jpeg"),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Content-Type-Options", "nosniff"),
        ("ETag", etag),
    ]
    if matches(request.if_none_match, etag):
        return Answer(304, headers)
    headers.append(("Content-Length", str(stat.size)))
    if request.method == "HEAD":
        return Answer(200, headers)
    return Answer(200, headers, b"".join(storage.open(key)))
