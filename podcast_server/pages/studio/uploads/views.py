"""``…/uploads``: the protocol of uploads, in JSON, for the studio's script.

begin → put every part that is missing (to the address given, or here) → complete. Asking how
an upload stands is always safe, and says which parts need not be sent again.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from flask import abort, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.arrivals import draft_for
from episodes.episodes import find_episode
from episodes.errors import EpisodeError, NotFound
from episodes.examination import waits_too_long
from episodes.glances import MAX_BYTES, Piece, note_glance, read_pieces
from episodes.models import Upload
from episodes.storage.base import StorageUnavailable
from episodes.uploads import (
    UploadRefused,
    abandon_upload,
    begin_upload,
    complete_upload,
    find_upload,
    part_address,
    put_part,
    standing_of,
    titles_of,
)
from podcast_server.database import reading
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.seen import seen_of
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.reasons import in_their_words, reason
from podcast_server.pages.wiring import current_time, examine_soon, the_services

log = logging.getLogger(__name__)

blueprint = studio_blueprint("uploads", __name__)
# S3's limit of 10 000 parts makes parts of a file of 1 TB as large as this.
LARGEST_PART = 128 * 1024 * 1024


@blueprint.post("/shows/<slug>/uploads")
def begin(slug: str) -> Response:
    asked: Any = request.get_json()
    if not isinstance(asked, dict):
        abort(400)
    services, now = the_services(), current_time()
    with doing("upload.begin", str(asked.get("name", ""))) as database:
        upload = begin_upload(
            database,
            services.storage,
            show_id=the_show().id,
            file_name=str(asked.get("name", "")),
            size=_size(asked),
            fingerprint=str(asked.get("fingerprint", "")),
            max_bytes=services.settings.ingest.max_upload_mb * 1_000_000,
            now=now,
            episode_key=_replaced(database, asked),
            by=the_person().email,
        )
        draft_for(database, upload, now)
        answer = _told(database, slug, upload)
    return jsonify(answer)


def _size(asked: dict[str, Any]) -> int:
    size = asked.get("size")
    if not isinstance(size, int):
        raise UploadRefused("the size of the file is missing")
    return size


def _replaced(database: Session, asked: dict[str, Any]) -> str:
    """The key of the episode whose audio is replaced, which must be one of this show."""
    key = str(asked.get("episode", ""))
    if key and find_episode(database, key).show_id != the_show().id:
        raise NotFound(f"there is no episode “{key}”")
    return key


@blueprint.get("/shows/<slug>/uploads/<key>")
def standing(slug: str, key: str) -> Response:
    with reading(the_services().engine) as database:
        upload = find_upload(database, the_show().id, key)
        if waits_too_long(upload, current_time()):  # and somebody waits for it here
            examine_soon()
        return jsonify(_told(database, slug, upload))


@blueprint.get("/shows/<slug>/uploads/<key>/parts/<int:number>")
def where(slug: str, key: str, number: int) -> Response:
    """Where to PUT a part: to the storage itself where it can sign for that."""
    services = the_services()
    with reading(services.engine) as database:
        upload = find_upload(database, the_show().id, key)
        address = part_address(upload, services.storage, number, current_time())
    return jsonify(url=address or request.path, ours=address is None)


@blueprint.put("/shows/<slug>/uploads/<key>/parts/<int:number>")
@takes_up_to(LARGEST_PART)
def part(slug: str, key: str, number: int) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        upload = find_upload(database, the_show().id, key)
    put_part(upload, services.storage, number, request.stream)
    return jsonify(number=number)


@blueprint.post("/shows/<slug>/uploads/<key>/glance")
@takes_up_to(MAX_BYTES + 64 * 1024)
def glance(slug: str, key: str) -> Response:
    """What the file says of itself, from the few pieces of it that hold its tags."""
    with reading(the_services().engine) as database:
        upload = find_upload(database, the_show().id, key)
    fields = read_pieces(upload.file_name, upload.size, _pieces())
    with the_services().sessions.begin() as database:
        upload = find_upload(database, the_show().id, key)
        filled = note_glance(database, upload, fields, current_time())
        seen = seen_of(find_episode(database, upload.episode_key), tuple(filled)) if filled else {}
    return jsonify(filled=filled, seen=seen)


def _pieces() -> list[Piece]:
    """Each piece is a file of the form, named by its place."""
    return [
        Piece(int(name), file.stream.read())
        for name, file in request.files.items()
        if name.isdecimal()
    ]


@blueprint.post("/shows/<slug>/uploads/<key>/complete")
def complete(slug: str, key: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        episode = find_upload(database, the_show().id, key).episode_key
    with doing("episode.audio", episode) as database:
        upload = find_upload(database, the_show().id, key)
        complete_upload(database, services.storage, upload, current_time())
        answer = _told(database, slug, upload)
    examine_soon()
    return jsonify(answer)


@blueprint.delete("/shows/<slug>/uploads/<key>")
def give_up(slug: str, key: str) -> Response:
    with doing("upload.give-up", key) as database:
        upload = find_upload(database, the_show().id, key)
        abandon_upload(database, the_services().storage, upload)
    return jsonify(key=key)


@blueprint.errorhandler(EpisodeError)
def refused(error: EpisodeError) -> tuple[Response, int]:
    """Whatever the upload cannot do, with the reason in the podcaster's words."""
    if isinstance(error, StorageUnavailable):  # passes by itself: the page keeps trying
        log.error("an upload cannot go on: %s", error)
        return jsonify(error=reason(error)), 503
    return jsonify(error=reason(error)), 404 if isinstance(error, NotFound) else 409


def _told(database: Session, slug: str, upload: Upload) -> dict[str, Any]:
    told = asdict(standing_of(upload, the_services().storage))
    told["episode"] = f"/studio/shows/{slug}/episodes/{upload.episode_key}"
    told["name"] = upload.file_name
    told["title"] = titles_of(database, [upload]).get(upload.episode_key, "")
    told["reason"] = in_their_words(upload.reason) if upload.reason else ""
    told["warnings"] = [in_their_words(each) for each in upload.warnings]
    return told
