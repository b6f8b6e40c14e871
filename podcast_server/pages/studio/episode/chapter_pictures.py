"""``…/episodes/<key>/picture`` and ``…/chapter-picture``: pictures of an episode's chapters."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.artwork import MAX_BYTES
from episodes.episodes import update_episode
from episodes.errors import EpisodeError
from episodes.models import Episode
from episodes.pictures import store_picture
from podcast_server.pages.public.artwork.variants import variant_address
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.files import NoFile, changing, refuse_strangers
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

THUMB = 96  # pixels
blueprint = studio_blueprint("chapter_pictures", __name__)


class ChapterGone(EpisodeError):
    """A picture was sent for a chapter that is no longer there."""

    def __str__(self) -> str:
        return str(gettext("The chapters were changed meanwhile: look at them again."))


def keep_person(key: str, data: bytes) -> str:
    """Store the picture of a person of an episode; gives its key. Raises ArtworkRefused."""
    return store_picture(the_services().storage, data, the_show().id, key, square=True)


def _sent_picture(key: str) -> str:
    """Store the picture that was sent. Raises EpisodeError."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise NoFile
    data = file.stream.read(MAX_BYTES + 1)
    return store_picture(the_services().storage, data, the_show().id, key)


@blueprint.post("/shows/<slug>/episodes/<key>/picture")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def picture(slug: str, key: str) -> Response:
    """Keep a picture for a chapter on the desk; saving the episode is what uses it."""
    refuse_strangers(key)
    try:
        stored = _sent_picture(key)
    except EpisodeError as error:
        answer: Response = jsonify(reason=reason(error))
        answer.status_code = 422
        return answer
    with doing("episode.picture", key):
        return jsonify(img=stored, thumb=variant_address(stored, THUMB))


@blueprint.post("/shows/<slug>/episodes/<key>/chapter-picture")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def chapter_picture(slug: str, key: str) -> Response:
    """Give one chapter a picture, or take it away: the way that needs no script."""
    refuse_strangers(key)
    take_away = request.form.get("act") == "remove"
    try:
        stored = "" if take_away else _sent_picture(key)
        with changing("episode.chapter-picture", key) as (database, episode):
            pictured = {"chapters": _pictured(episode, stored)}
            update_episode(database, episode, pictured, current_time())
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The picture is gone.") if take_away else gettext("Saved."), "success")
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


def _pictured(episode: Episode, stored: str) -> list[dict[str, Any]]:
    """The chapters, the one that was meant with this picture. Raises ChapterGone."""
    number = request.form.get("chapter", -1, type=int)
    start = request.form.get("start", type=float)
    rows = [dict(row) for row in episode.chapters]
    if not 0 <= number < len(rows) or rows[number].get("startTime") != start:
        raise ChapterGone
    rows[number].pop("img", None)
    if stored:
        rows[number]["img"] = stored
    return rows
