"""Long private pages, compressed."""

from __future__ import annotations

import gzip

from flask import request
from werkzeug.wrappers import Response

from feeds.delivery.caching import choose_coding


def zipped(response: Response) -> Response:
    """The answer compressed, where the browser takes that.

    Only for pages that repeat nothing of the request: with words of somebody else's in it, the
    length of a compressed page would give away what else is there, such as the token of forms.
    """
    response.vary.add("Accept-Encoding")
    if choose_coding(request.headers.get("Accept-Encoding", "")) == "gzip":
        response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
