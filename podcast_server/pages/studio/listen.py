"""``…/episodes/<key>/audio`` and ``…/preview``, for those who work on it, out or not."""

from __future__ import annotations

import threading

from flask import Response, abort, redirect, request, send_file
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from episodes.audio.errors import AudioRefused
from episodes.audio.peaks import peaks_of
from episodes.models import Audio, Episode
from podcast_server.database import reading
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("listen", __name__)
_measuring = threading.Semaphore(2)  # each is a process that decodes a whole episode


@blueprint.get("/shows/<slug>/episodes/<key>/audio")
def audio(slug: str, key: str) -> AnyResponse:
    with reading(the_services().engine) as database:
        found = database.scalars(
            select(Audio)
            .join(Episode, Episode.audio_id == Audio.id)
            .where(Episode.key == key, Episode.show_id == the_show().id)
        ).first()
    return abort(404) if found is None else send_audio(found)


@blueprint.get("/shows/<slug>/episodes/<key>/preview")
def preview(slug: str, key: str) -> AnyResponse:
    with reading(the_services().engine) as database:
        found = database.scalars(
            select(Audio)
            .join(Episode, Episode.preview_audio_id == Audio.id)
            .where(Episode.key == key, Episode.show_id == the_show().id)
        ).first()
    return abort(404) if found is None else send_audio(found)


@blueprint.get("/shows/<slug>/episodes/<key>/peaks")
def peaks(slug: str, key: str) -> AnyResponse:
    """How loud the audio is along its way, a byte a stretch; 204 where that cannot be told.

    Measured when first asked for; meanwhile others are told 202 and to come again.
    """
    services = the_services()
    with reading(services.engine) as database:
        found = database.scalars(
            select(Audio)
            .join(Episode, Episode.audio_id == Audio.id)
            .where(Episode.key == key, Episode.show_id == the_show().id)
        ).first()
    if found is None:
        return abort(404)
    if not _measuring.acquire(blocking=False):
        return Response(status=202, headers={"Retry-After": "2", "Cache-Control": "no-store"})
    try:
        body = peaks_of(services.storage, found.object_key)
    except AudioRefused:
        return Response(status=204)
    finally:
        _measuring.release()
    answer = Response(body, mimetype="application/octet-stream")
    answer.set_etag(found.sha256)
    answer.cache_control.private = True
    answer.cache_control.max_age = 3600
    return answer.make_conditional(request)


def send_audio(found: Audio) -> AnyResponse:
    """A stored file, for those who made it: with ranges, or from the storage itself."""
    services = the_services()
    address = services.storage.presigned_get(
        found.object_key, now=current_time(), content_type=found.mime
    )
    if address is not None:
        return redirect(address, 302)
    path = services.storage.local_path(found.object_key)
    if path is None:
        with services.storage.open(found.object_key) as reader:
            return Response(reader.read(found.size), mimetype=found.mime)
    return send_file(path, mimetype=found.mime, conditional=True, etag=found.sha256)
