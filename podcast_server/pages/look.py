"""``/look/<colour>.css``: the site's own colour. The address says all, so it is kept."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from podcast_server.site.colours import is_colour, stylesheet

blueprint = Blueprint("look", __name__)


def look_address(accent: str) -> str:
    """The stylesheet of a colour such as ``#ffb31a``."""
    return f"/look/{accent.removeprefix('#')}.css"


@blueprint.get("/look/<colour>.css")
def look(colour: str) -> Response:
    accent = "#" + colour
    if not is_colour(accent):
        abort(404)
    response = Response(stylesheet(accent), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
