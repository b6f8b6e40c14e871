"""``…/episodes/<key>/versions``: bring the words or the audio of an earlier version back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.history import Part, bring_back, find_version, objects_of
from episodes.publishing import status_of
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.selling import refuse_for_nobody
from podcast_server.pages.studio.episode.timing import OUT
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import studio_blueprint, the_person
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episode_versions", __name__)


@blueprint.post("/shows/<slug>/episodes/<key>/versions/<int:version_id>")
def earlier(slug: str, key: str, version_id: int) -> Response:
    """The words of an earlier version, or its audio; the other of the two stays as it is."""
    part: Part = "sound" if request.form.get("part") == "sound" else "words"
    try:
        _bring(key, version_id, part)
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        said = (
            gettext("The earlier audio is back. The words have stayed as they are.")
            if part == "sound"
            else gettext("The earlier words are back. The audio has stayed as it is.")
        )
        flash(said, "success")
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


def _bring(key: str, version_id: int, part: Part) -> None:
    services, now = the_services(), current_time()
    with reading(services.engine) as database:
        keys = objects_of(find_version(database, episode_here(database, key), version_id))
    missing = {each for each in keys if services.storage.stat(each) is None}
    with doing("episode.bring-back", key) as database:
        episode = episode_here(database, key)
        version = find_version(database, episode, version_id)
        by = the_person().email
        bring_back(database, episode, version, part, by=by, now=now, missing=missing)
        if status_of(episode, now) in OUT:
            refuse_for_nobody(database, episode, now)
