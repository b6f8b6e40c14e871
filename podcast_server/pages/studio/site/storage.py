"""``/studio/site/storage``: how much is kept where, and how to move it."""

from __future__ import annotations

from flask import make_response, render_template
from flask_babel import gettext, ngettext
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from episodes.models import Audio
from podcast_server.database import reading
from podcast_server.i18n import format_size
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.status.facts import Fact, room_of
from podcast_server.pages.wiring import the_services
from podcast_server.services import Services

blueprint = studio_blueprint("site_storage", __name__)


@blueprint.get("/site/storage")
@needs("owner")
def page() -> Response:
    services = the_services()
    return make_response(
        render_template(
            "studio/site/storage.html",
            facts=_usage(services),
            is_local=services.settings.storage.backend == "local",
            bucket=services.settings.storage.bucket,
        )
    )


def _usage(services: Services) -> list[Fact]:
    """What is kept, and what room there is."""
    with reading(services.engine) as database:
        counted = database.execute(select(func.count(Audio.id), func.sum(Audio.size)))
        files, size = counted.one()
    audio = ngettext(
        "%(size)s in %(num)d file",
        "%(size)s in %(num)d files",
        files,
        size=format_size(size or 0),
    )
    return [(gettext("Audio"), audio, ""), *room_of(services)]
