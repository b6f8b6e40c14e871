"""``/logo/<hash>.png``: the site's logo. Another one has another address: it is kept for ever."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort

from podcast_server.database import reading
from podcast_server.pages.wiring import the_services
from podcast_server.site.logo import logo_data

blueprint = Blueprint("logo", __name__)


@blueprint.get("/logo/<name>.png")
def logo(name: str) -> Response:
    # Not as this process last read it: the page may come from one that knows of a newer one.
    with reading(the_services().engine) as database:
        data = logo_data(database)
    if data is None or hashlib.sha256(data).hexdigest()[:32] != name:
        abort(404)
    response = Response(data, content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
