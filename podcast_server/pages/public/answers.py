"""Answers that everybody shares: cacheable, conditional, compressed."""

from __future__ import annotations

import gzip
import hashlib

from flask import Response, request

from feeds.delivery.caching import choose_coding

SMALLEST_COMPRESSED = 1024  # bytes


def shared_answer(body: str, *, mime: str = "text/html", seconds: int = 60) -> Response:
    """An answer that caches may keep for ``seconds`` and must then ask about.

    Nothing of the visitor may be in ``body`` but their language; the language cookie is the
    only reason for ``Vary: Cookie``.
    """
    data = body.encode()
    etag = hashlib.sha256(data).hexdigest()[:20]
    zipped = len(data) >= SMALLEST_COMPRESSED and (
        choose_coding(request.headers.get("Accept-Encoding", "")) == "gzip"
    )
    if zipped:
        data, etag = gzip.compress(data, 6, mtime=0), f"{etag}.gz"
    response = Response(data, content_type=f"{mime}; charset=utf-8")
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    response.set_etag(etag)
    response.make_conditional(request)
    return response
