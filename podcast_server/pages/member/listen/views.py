"""``/me/listen``: everything I may hear, in the browser, going on where I stopped."""

from __future__ import annotations

import math

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from episodes.storage.base import StorageError
from episodes.storage.small import read_bytes
from feeds.private_feeds import ensure_feed, media_token
from podcast_server.accounts.listening import (
    Track,
    find_track,
    going_on,
    note_position,
    tracks_of,
)
from podcast_server.database import reading
from podcast_server.pages.member.signed_in import member_required, the_member
from podcast_server.pages.public.episode.transcript import (
    asked_for,
    by_language,
    language_name,
    paragraphs,
    read_cues,
)
from podcast_server.pages.public.episode.views import chapter_lines
from podcast_server.pages.wiring import current_time, the_services

PAGE = 30  # episodes of a show
BEGUN = 3

blueprint = Blueprint("listen", __name__)


@blueprint.get("/me/listen")
@member_required
def page() -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    with reading(services.engine) as database:
        shelves = tracks_of(database, member.id, now)
        everything = [track for tracks in shelves.values() for track in tracks]
        begun = going_on(everything, database, member.id, BEGUN)
    wanted = request.args.get("show", "")
    # All of one show is asked for by its name; otherwise the newest of each.
    shown = {show: tracks for show, tracks in shelves.items() if wanted in {"", show.slug}}
    return make_response(
        render_template(
            "member/listen/listen.html",
            shelves=shown,
            begun=[] if wanted else begun,
            most=len(everything) if wanted else PAGE,
        )
    )


@blueprint.get("/me/listen/<string(length=10):key>")
@member_required
def player(key: str) -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    with services.sessions.begin() as database:
        track = find_track(database, member.id, key, now)
        if track is None:
            return _elsewhere(database, key)
        feed = ensure_feed(
            database,
            member_id=member.id,
            show_id=track.show.id,
            signing_key=services.tokens.newest,
            now=now,
        )
        token = media_token(services.tokens, feed)
    assert track.episode.audio is not None
    return make_response(
        render_template(
            "member/listen/player.html",
            track=track,
            show=track.show,
            episode=track.episode,
            source=f"/m/{token}/{key}.{track.episode.audio.extension}",
            start=_start(track),
            chapters=chapter_lines(track.episode),
            transcripts=by_language(track.episode.transcripts, track.show.language),
            language_name=language_name,
        )
    )


@blueprint.post("/me/listen/<string(length=10):key>/position")
@member_required
def position(key: str) -> Response:
    services = the_services()
    member, now = the_member(), current_time()
    seconds = request.form.get("seconds", type=float)
    if seconds is None or not math.isfinite(seconds):
        abort(400)
    with services.sessions.begin() as database:
        track = find_track(database, member.id, key, now)
        if track is None:
            abort(404)
        noted = note_position(database, member.id, track, seconds, now)
    response = jsonify(seconds=noted.seconds, finished=noted.finished)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/me/listen/<string(length=10):key>/transcript")
@member_required
def transcript(key: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        track = find_track(database, the_member().id, key, current_time())
    if track is None:
        abort(404)
    found = by_language(track.episode.transcripts, track.show.language)
    chosen = asked_for(found, request.args.get("language", ""))
    if chosen is None:
        abort(404)
    language, row = chosen
    try:
        told = paragraphs(read_cues(read_bytes(services.storage, row.object_key), row.mime))
    except StorageError:
        abort(404)
    return make_response(
        render_template("member/listen/transcript.html", track=track, told=told, spoken_in=language)
    )


def _elsewhere(database: Session, key: str) -> Response:
    """Not to be heard: the episode's public page says what would open it, if there is one."""
    episode = database.query(Episode).filter(Episode.key == key).first()
    if episode is None:
        abort(404)
    show = database.get_one(Show, episode.show_id)
    return redirect(f"/shows/{show.slug}/{key}", 303)


def _start(track: Track) -> int:
    asked = request.args.get("t", 0, type=int)
    return asked if 0 < asked < math.floor(track.duration) else track.listened.seconds
