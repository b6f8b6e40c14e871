"""``…/episodes/<key>/preview``: the part of an episode that everybody may hear."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError
from episodes.history import keeping
from episodes.models import Episode
from episodes.previews import PreviewRefused, attach_preview, read_clock, store_preview
from episodes.previews import remove_preview as take_preview_away
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episode_files", __name__)


def _back(slug: str, key: str) -> Response:
    return redirect(url_for("studio_episode.page", slug=slug, key=key), 303)


@contextmanager
def changing(action: str, key: str) -> Iterator[tuple[Session, Episode]]:
    """The episode in the address, with what it was kept as an earlier version."""
    with doing(action, key) as database:
        episode = episode_here(database, key)
        with keeping(database, episode, by=the_person().email, now=current_time()):
            yield database, episode


def refuse_strangers(key: str) -> None:
    """Nothing is stored for an episode of another show. Raises NoSuchEpisode."""
    with reading(the_services().engine) as database:
        episode_here(database, key)


class NoFile(EpisodeError):
    """A form for a file came without one."""

    def __str__(self) -> str:
        return str(gettext("Choose a file first."))


@blueprint.post("/shows/<slug>/episodes/<key>/preview")
def preview(slug: str, key: str) -> Response:
    """Cut a part that everybody may hear out of the episode's audio."""
    refuse_strangers(key)
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
    with changing("episode.preview", key) as (database, episode):
        now = current_time()
        attach_preview(database, episode, stored, now, of=audio, chosen=(start, end))


@blueprint.post("/shows/<slug>/episodes/<key>/preview/remove")
def remove_preview(slug: str, key: str) -> Response:
    with changing("episode.preview-remove", key) as (database, episode):
        take_preview_away(database, episode, current_time())
    flash(gettext("The preview is gone."), "success")
    return _back(slug, key)
