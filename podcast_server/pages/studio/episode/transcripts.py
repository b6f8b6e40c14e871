"""``…/episodes/<key>/transcript…``: an episode's transcripts, one a language."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.models import Episode, Show, Transcript
from episodes.sidecars import attach_transcript, store_transcript
from episodes.sidecars import remove_transcript as take_away
from episodes.storage.base import StorageError
from episodes.storage.small import read_bytes
from episodes.transcripts.cues import MAX_BYTES
from podcast_server.database import reading
from podcast_server.pages.public.episode.transcript import paragraphs, read_cues
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.episode.files import NoFile, changing, refuse_strangers
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.studio.show.forms import language_choices
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("transcripts", __name__)
_ONE = "/shows/<slug>/episodes/<key>/transcript/<int:number>"


def spoken_languages(show: Show) -> dict[str, str]:
    """What a transcript may be in, by code; the show's own language first."""
    names = {choice.value: choice.label for choice in language_choices()}
    own = {show.language: names.get(show.language, show.language)}
    return own | names


@blueprint.post("/shows/<slug>/episodes/<key>/transcript")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def add(slug: str, key: str) -> Response:
    """Use a transcript, in place of one in the same language."""
    refuse_strangers(key)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise NoFile
        _store(key, file.filename, file.stream.read(MAX_BYTES + 1))
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The transcript is in place."), "success")
    return _back(slug, key)


def _store(key: str, name: str, data: bytes) -> None:
    services, show = the_services(), the_show()
    asked = request.form.get("language", "")
    language = asked if asked in spoken_languages(show) else show.language
    stored = store_transcript(
        services.storage, show.id, key, name=name, data=data, language=language
    )
    with changing("episode.transcript", key) as (database, episode):
        attach_transcript(database, episode, stored, current_time())


@blueprint.post(_ONE + "/remove")
def remove(slug: str, key: str, number: int) -> Response:
    try:
        with changing("episode.transcript-remove", key) as (database, episode):
            take_away(database, episode, number, current_time())
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The transcript is gone."), "success")
    return _back(slug, key)


@blueprint.get(_ONE)
def text(slug: str, key: str, number: int) -> Response:
    """The words to read, which the player's script brings beside the sound."""
    episode, row, data = _stored(key, number)
    return make_response(
        render_template(
            "studio/episode/transcript.html",
            show=the_show(),
            episode=episode,
            told=paragraphs(read_cues(data, row.mime)),
            spoken_in=row.language or the_show().language,
        )
    )


@blueprint.get(_ONE + "/file")
def download(slug: str, key: str, number: int) -> FlaskResponse:
    """The file, as podcast apps get it."""
    _episode, row, data = _stored(key, number)
    answer = FlaskResponse(data, content_type=f"{row.mime}; charset=utf-8")
    name = f"{slug}-{key}-{row.language or the_show().language}.{row.extension}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _stored(key: str, number: int) -> tuple[Episode, Transcript, bytes]:
    services = the_services()
    with reading(services.engine) as database:
        episode = episode_here(database, key)
        row = _row(database, episode, number)
    try:
        return episode, row, read_bytes(services.storage, row.object_key)
    except StorageError:
        abort(404)


def _row(database: Session, episode: Episode, number: int) -> Transcript:
    row = database.get(Transcript, number)
    if row is None or row.episode_id != episode.id:
        abort(404)
    return row


def _back(slug: str, key: str) -> Response:
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)
