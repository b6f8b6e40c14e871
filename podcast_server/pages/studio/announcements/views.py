"""``…/announcements``: the podcaster's own voice at the three moments of a membership."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.ingest import add_audio
from feeds.announcements import (
    KINDS,
    announcements_of,
    remove_announcement,
    set_announcement,
    store_announcement,
)
from feeds.errors import FeedError
from podcast_server.database import reading
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.listen import send_audio
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("announcements", __name__)
MAX_BYTES = 40_000_000  # ten minutes at the best quality anybody would send


@blueprint.get("/shows/<slug>/announcements")
def page(slug: str) -> Response:
    with reading(the_services().engine) as database:
        clips = announcements_of(database, the_show().id)
    return make_response(
        render_template(
            "studio/announcements/announcements.html",
            show=the_show(),
            clips=clips,
            kinds=_words(),
        )
    )


@blueprint.post("/shows/<slug>/announcements/<kind>")
@takes_up_to(MAX_BYTES)
def upload(slug: str, kind: str) -> Response:
    _check(kind)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            flash(gettext("Choose a file first."), "danger")
        else:
            _keep(kind, file)
            flash(gettext("Members hear it from now on."), "success")
    except (EpisodeError, FeedError) as error:
        flash(reason(error), "danger")
    return _back(slug)


@blueprint.post("/shows/<slug>/announcements/<kind>/remove")
def remove(slug: str, kind: str) -> Response:
    _check(kind)
    with doing("show.announcement-remove", kind) as database:
        remove_announcement(database, the_show().id, kind, current_time())
    flash(gettext("The announcement is gone."), "success")
    return _back(slug)


@blueprint.get("/shows/<slug>/announcements/<kind>/audio")
def audio(slug: str, kind: str) -> Response:
    with reading(the_services().engine) as database:
        found = announcements_of(database, the_show().id).get(kind)
    return abort(404) if found is None else send_audio(found)


def _keep(kind: str, file: FileStorage) -> None:
    services, show = the_services(), the_show()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        with path.open("wb") as target:
            shutil.copyfileobj(file.stream, target, 1024 * 1024)
        form = services.settings.ingest.form
        stored = store_announcement(services.storage, show.id, path, convert_to=form)
    with doing("show.announcement", kind) as database:
        audio = add_audio(database, show.id, stored, current_time())
        set_announcement(database, show.id, kind, audio, current_time())


def _check(kind: str) -> None:
    if kind not in KINDS:
        abort(404)


def _back(slug: str) -> Response:
    return redirect(url_for(".page", slug=slug), 303)


def _words() -> list[tuple[str, str, str]]:
    """(kind, what it is called, when it is heard)."""
    return [
        (
            "welcome",
            gettext("Welcome"),
            gettext("In the first fourteen days of a membership."),
        ),
        (
            "payment_failing",
            gettext("Payment failing"),
            gettext("While a card is refused and the days of grace run."),
        ),
        (
            "ended",
            gettext("Membership ended"),
            gettext("After the end, until the member comes back."),
        ),
    ]
