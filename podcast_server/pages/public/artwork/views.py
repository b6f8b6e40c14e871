"""``/covers/<width>/<name>``: a cover as small as the page needs it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from episodes.storage.base import ObjectMissing
from podcast_server.pages.public.artwork.variants import variant
from podcast_server.pages.wiring import the_services

blueprint = Blueprint("artwork", __name__)


@blueprint.get("/covers/<int:width>/<path:name>")
def cover(width: int, name: str) -> Response:
    services = the_services()
    folder = services.settings.data / "cache" / "covers"
    try:
        found = variant(services.storage, folder, name, width)
    except ObjectMissing:
        found = None
    if found is None:
        abort(404)
    response = Response(found.data, content_type=found.mime)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(f"{name.rsplit('-', 1)[-1]}-{width}")
    response.make_conditional(request)
    return response
