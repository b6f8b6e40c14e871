"""Episodes: write about them, publish them, and send their audio."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from episodes.episodes import create_episode, episodes_of, find_episode, update_episode
from episodes.examination import waits_too_long
from episodes.history import keeping
from episodes.models import Episode, Show, Upload
from episodes.publishing import publish_episode, status_of, unpublish_episode
from episodes.uploads import begin_upload, complete_upload, find_upload, part_length, put_part
from podcast_server.api.v1 import shapes
from podcast_server.api.v1.door import Refused, doing, operation, the_person, the_show
from podcast_server.database import reading
from podcast_server.pages.wiring import current_time, examine_soon, the_services

EPISODE = "/shows/<slug>/episodes/<key>"


@operation("GET", "/shows/<slug>/episodes", needs="editor", answer=list[shapes.Episode])
def episodes(slug: str) -> list[shapes.Episode]:
    """All episodes, drafts first, then newest first"""
    with reading(the_services().engine) as database:
        return [_told(each) for each in episodes_of(database, the_show().id)]


@operation(
    "POST",
    "/shows/<slug>/episodes",
    needs="editor",
    body=shapes.NewEpisode,
    answer=shapes.Episode,
    status=201,
)
def add(slug: str, body: shapes.NewEpisode) -> shapes.Episode:
    """Make a draft; send its audio next, then publish it"""
    with doing("episode.create", body.title) as database:
        show = database.get_one(Show, the_show().id)
        fields = _fields(show, body)
        made = create_episode(
            database, show, title=fields.pop("title"), fields=fields, now=current_time()
        )
        return _told(made)


@operation("GET", EPISODE, needs="editor", answer=shapes.Episode)
def episode(slug: str, key: str) -> shapes.Episode:
    """One episode"""
    with reading(the_services().engine) as database:
        return _told(_here(database, key))


@operation("PATCH", EPISODE, needs="editor", body=shapes.EpisodeChange, answer=shapes.Episode)
def change(slug: str, key: str, body: shapes.EpisodeChange) -> shapes.Episode:
    """Change some fields"""
    with doing("episode.change", key) as database:
        found = _here(database, key)
        fields, now = _fields(found.show, body), current_time()
        with keeping(database, found, by=the_person().email, now=now):
            update_episode(database, found, fields, now)
        return _told(found)


@operation(
    "POST", EPISODE + "/publish", needs="editor", body=shapes.Publication, answer=shapes.Episode
)
def publish(slug: str, key: str, body: shapes.Publication) -> shapes.Episode:
    """Publish now, or at a time to come"""
    now = current_time()
    with doing("episode.publish", key) as database:
        found = _here(database, key)
        publish_episode(database, found, at=body.at or now, now=now)
        return _told(found)


@operation("POST", EPISODE + "/withdraw", needs="editor", answer=shapes.Episode)
def withdraw(slug: str, key: str) -> shapes.Episode:
    """Take it out of every feed; nothing of it is lost"""
    with doing("episode.withdraw", key) as database:
        found = _here(database, key)
        unpublish_episode(database, found, state="withdrawn", now=current_time())
        return _told(found)


@operation("PUT", EPISODE + "/audio", needs="editor", answer=shapes.Upload, status=202)
def audio(slug: str, key: str) -> shapes.Upload:
    """Send the audio file as the body, with Content-Length and ?name=; it is examined next"""
    services, now = the_services(), current_time()
    size = request.content_length
    if not size:
        raise Refused(411, "Send the file as the body, with its Content-Length")
    most = services.settings.ingest.max_upload_mb * 1_000_000
    with doing("episode.audio", key) as database:
        found = _here(database, key)
        upload = begin_upload(
            database,
            services.storage,
            show_id=the_show().id,
            file_name=request.args.get("name", "audio"),
            size=size,
            fingerprint=f"api {key} {now.timestamp()}",
            max_bytes=most,
            now=now,
            episode_key=found.key,
            by=the_person().email,
        )
    request.max_content_length = most
    for number in range(1, -(-size // upload.part_size) + 1):
        assert part_length(upload, number)
        put_part(upload, services.storage, number, request.stream)
    with services.sessions.begin() as database:
        upload = find_upload(database, the_show().id, upload.key)
        complete_upload(database, services.storage, upload, current_time())
        told = _upload_told(upload)
    examine_soon()
    return told


@operation("GET", "/shows/<slug>/uploads/<key>", needs="editor", answer=shapes.Upload)
def upload(slug: str, key: str) -> shapes.Upload:
    """How the examination of a file went"""
    with reading(the_services().engine) as database:
        upload = find_upload(database, the_show().id, key)
        if waits_too_long(upload, current_time()):  # and somebody waits for it here
            examine_soon()
        return _upload_told(upload)


def _here(database: Session, key: str) -> Episode:
    found = find_episode(database, key)
    if found.show_id != the_show().id:
        raise Refused(404, "There is no such episode in this show")
    return found


def _fields(show: Show, body: shapes.EpisodeChange) -> dict[str, Any]:
    """What was said; tiers must be the show's own."""
    fields = body.model_dump(exclude_unset=True)
    own = {tier.id for tier in show.tiers}
    if set(fields.get("tier_ids") or []) - own:
        raise Refused(422, "There is no such tier in this show", {"tier_ids": str(sorted(own))})
    nullable = {"public_at", "season", "number", "explicit"}
    return {name: value for name, value in fields.items() if value is not None or name in nullable}


def _upload_told(found: Upload) -> shapes.Upload:
    return shapes.Upload.model_validate(
        {
            "key": found.key,
            "state": found.state,
            "reason": found.reason,
            "episode": found.episode_key,
        }
    )


def _told(found: Episode) -> shapes.Episode:
    sound = found.audio
    return shapes.Episode.model_validate(
        {
            "key": found.key,
            "guid": found.guid,
            "title": found.title,
            "notes": found.notes,
            "status": status_of(found, current_time()),
            "audience": found.audience,
            "tier_ids": list(found.tier_ids),
            "publish_at": found.publish_at,
            "public_at": found.public_at,
            "season": found.season,
            "number": found.number,
            "type": found.type,
            "explicit": found.explicit,
            "link": found.link,
            "audio": None
            if sound is None
            else {
                "mime": sound.mime,
                "bytes": sound.size,
                "seconds": sound.duration,
                "sha256": sound.sha256,
            },
            "chapters": list(found.chapters),
            "persons": list(found.persons),
        }
    )
