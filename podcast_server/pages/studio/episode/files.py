"""``…/episodes/<key>/transcript``, ``…/cover`` and ``…/preview``: what hangs on an episode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.artwork import MAX_BYTES, prepare_artwork
from episodes.episodes import update_episode
from episodes.errors import EpisodeError
from episodes.history import keeping
from episodes.models import Episode
from episodes.previews import PreviewRefused, attach_preview, read_clock, store_preview
from episodes.previews import remove_preview as take_preview_away
from episodes.sidecars import attach_transcript, store_transcript
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from episodes.transcripts.cues import MAX_BYTES as MAX_TRANSCRIPT
from podcast_server.database import reading
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episode_files", __name__)


def _back(slug: str, key: str) -> Response:
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


@contextmanager
def _changing(action: str, key: str) -> Iterator[tuple[Session, Episode]]:
    """The episode in the address, with what it was kept as an earlier version."""
    with doing(action, key) as database:
        episode = episode_here(database, key)
        with keeping(database, episode, by=the_person().email, now=current_time()):
            yield database, episode


@blueprint.post("/shows/<slug>/episodes/<key>/transcript")
@takes_up_to(MAX_TRANSCRIPT + 1024 * 1024)
def transcript(slug: str, key: str) -> Response:
    _refuse_strangers(key)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise NoFile
        _store_transcript(key, file.filename, file.stream.read(MAX_TRANSCRIPT + 1))
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The transcript is in place."), "success")
    return _back(slug, key)


def _refuse_strangers(key: str) -> None:
    """Nothing is stored for an episode of another show."""
    with reading(the_services().engine) as database:
        episode_here(database, key)


class NoFile(EpisodeError):
    """A form for a file came without one."""

    def __str__(self) -> str:
        return str(gettext("Choose a file first."))


def _store_transcript(key: str, name: str, data: bytes) -> None:
    services, show = the_services(), the_show()
    stored = store_transcript(
        services.storage, show.id, key, name=name, data=data, language=show.language
    )
    with _changing("episode.transcript", key) as (database, episode):
        attach_transcript(database, episode, stored, current_time())


@blueprint.post("/shows/<slug>/episodes/<key>/transcript/remove")
def remove_transcript(slug: str, key: str) -> Response:
    with _changing("episode.transcript-remove", key) as (database, episode):
        attach_transcript(database, episode, None, current_time())
    flash(gettext("The transcript is gone."), "success")
    return _back(slug, key)


@blueprint.post("/shows/<slug>/episodes/<key>/preview")
def preview(slug: str, key: str) -> Response:
    """Cut a part that everybody may hear out of the episode's audio."""
    _refuse_strangers(key)
    try:
        _cut_preview(key, *_wanted_part())
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The preview is in place. Listen to it once."), "success")
    return _back(slug, key)


def _wanted_part() -> tuple[float, float]:
    """The first minutes, or from and to, in seconds. Raises PreviewRefused."""
    if minutes := request.form.get("minutes"):
        return 0.0, read_clock(f"{minutes}:00")
    return read_clock(request.form.get("start") or "0"), read_clock(request.form.get("end", ""))


def _cut_preview(key: str, start: float, end: float) -> None:
    services, show = the_services(), the_show()
    with reading(services.engine) as database:
        audio = episode_here(database, key).audio
    if audio is None:
        raise PreviewRefused(
            gettext("No audio yet. It joins by itself when its upload is complete.")
        )
    stored = store_preview(services.storage, show.id, key, audio, start=start, end=end)
    with _changing("episode.preview", key) as (database, episode):
        now = current_time()
        attach_preview(database, episode, stored, now, of=audio, chosen=(start, end))


@blueprint.post("/shows/<slug>/episodes/<key>/preview/remove")
def remove_preview(slug: str, key: str) -> Response:
    with _changing("episode.preview-remove", key) as (database, episode):
        take_preview_away(database, episode, current_time())
    flash(gettext("The preview is gone."), "success")
    return _back(slug, key)


@blueprint.post("/shows/<slug>/episodes/<key>/cover")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def cover(slug: str, key: str) -> Response:
    _refuse_strangers(key)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise NoFile
        picture = prepare_artwork(file.stream.read(MAX_BYTES + 1), crop=True)
        object_key = artwork_key(the_show().id, picture.sha256, picture.extension, key)
        put_bytes(the_services().storage, object_key, picture.data, content_type=picture.mime)
        with _changing("episode.cover", key) as (database, episode):
            update_episode(database, episode, {"artwork_key": object_key}, current_time())
    except EpisodeError as error:
        flash(reason(error), "danger")
    else:
        flash(gettext("The artwork is in place."), "success")
    return _back(slug, key)
