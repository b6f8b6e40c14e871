"""``…/episodes/<key>/cover``: an episode's own artwork, cut as it was drawn, and taken away."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.artwork import MAX_BYTES, Square, prepare_artwork
from episodes.episodes import update_episode
from episodes.errors import EpisodeError
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.episode.files import NoFile, changing, refuse_strangers
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episode_cover", __name__)


@blueprint.post("/shows/<slug>/episodes/<key>/cover")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def put(slug: str, key: str) -> Response:
    refuse_strangers(key)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise NoFile
        picture = prepare_artwork(file.stream.read(MAX_BYTES + 1), crop=True, square=_square())
        object_key = artwork_key(the_show().id, picture.sha256, picture.extension, key)
        put_bytes(the_services().storage, object_key, picture.data, content_type=picture.mime)
        _use(key, object_key, "episode.cover")
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The artwork is in place."), "success")
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


@blueprint.post("/shows/<slug>/episodes/<key>/cover/remove")
def remove(slug: str, key: str) -> Response:
    """Back to the show's artwork; the version before brings the own one back."""
    _use(key, None, "episode.cover-remove")
    flash(
        gettext("The artwork is gone. Under “Earlier versions” you can bring it back."), "success"
    )
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


def _use(key: str, object_key: str | None, action: str) -> None:
    with changing(action, key) as (database, episode):
        update_episode(database, episode, {"artwork_key": object_key}, current_time())


def _square() -> Square | None:
    """The square somebody drew, or None for the middle one."""
    left, top, side = (request.form.get(each, -1.0, type=float) for each in ("left", "top", "side"))
    within = all(0 <= each <= 1 for each in (left, top, side))  # false for what is no number, too
    return Square(left, top, side) if within and side else None
