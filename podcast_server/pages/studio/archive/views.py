"""``/studio/archive``: everything in one file, for owners; streamed, never held in memory."""

from __future__ import annotations

from flask import make_response, render_template
from flask_babel import gettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from episodes.models import Audio, Episode, Show
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.moving.archive.export import Export, Wanted
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("archive", __name__)


@blueprint.get("/archive")
def page() -> Response:
    with reading(the_services().engine) as database:
        facts = [
            (gettext("Shows"), database.scalar(select(func.count(Show.id)))),
            (gettext("Episodes"), database.scalar(select(func.count(Episode.id)))),
            (gettext("Members"), database.scalar(select(func.count(Member.id)))),
        ]
        audio = database.scalar(select(func.sum(Audio.size))) or 0
    return make_response(render_template("studio/archive/archive.html", facts=facts, audio=audio))


@blueprint.post("/archive")
def download() -> Response:
    """The archive without signing keys: those leave by the command line alone."""
    services, now = the_services(), current_time()
    with doing("archive.download"):
        made = Export(services, Wanted(), now)
    response = Response(made.stream(), mimetype="application/x-tar")
    name = f"podcast-server-{now:%Y-%m-%d}.tar"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
