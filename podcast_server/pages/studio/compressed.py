"""Pages of the studio, compressed where that gives nothing away.

Compression tells how much of what somebody put into a page is also elsewhere in it, so a page
that holds a secret must not repeat what its address says (the BREACH attack). Compressed is
therefore only what was asked for without any parameters: nothing of the asker is in it. The
forms' tokens are signed anew, with the time, for every page, and the session's cookie does not
come along with what other sites fetch or embed.
"""

from __future__ import annotations

import gzip

from flask import Response, request

from feeds.delivery.caching import choose_coding
from podcast_server.pages.public.answers import SMALLEST_COMPRESSED


def compress(response: Response) -> Response:
    """An ``after_request`` function: a page asked for without parameters, in gzip."""
    if response.mimetype != "text/html" or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if request.method != "GET" or request.query_string or "Content-Encoding" in response.headers:
        return response
    data = response.get_data()
    accepted = choose_coding(request.headers.get("Accept-Encoding", "")) == "gzip"
    if accepted and len(data) >= SMALLEST_COMPRESSED:
        response.set_data(gzip.compress(data, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
