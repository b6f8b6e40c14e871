"""``…/episodes/<key>``: write, publish, schedule, withdraw, delete, and bring back."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response

from episodes.episodes import create_episode, update_episode
from episodes.errors import EpisodeError
from episodes.history import bring_back, keep_version, snapshot_of, versions_of
from episodes.models import Episode, Show
from episodes.notes import notes_html
from episodes.preview_cutting import preview_is_due
from episodes.publishing import publish_episode, status_of, unpublish_episode
from episodes.transcripts.fit import misfit
from feeds.health.look import look_at_episode
from podcast_server.database import reading
from podcast_server.i18n import format_moment
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.direct_uploads import allow_direct_uploads
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.chapter_pictures import keep_person
from podcast_server.pages.studio.episode.forms import EpisodeForm, FilesForm, moment_in
from podcast_server.pages.studio.episode.transcripts import spoken_languages
from podcast_server.pages.studio.episodes.views import NoSuchEpisode, episode_here
from podcast_server.pages.studio.field_errors import show_error
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.health.views import in_words
from podcast_server.pages.studio.persons import MOST_BYTES, store_pictures
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("episode", __name__)
_COPIED = (
    "notes",
    "author",
    "link",
    "season",
    "type",
    "explicit",
    "audience",
    "tier_ids",
    "persons",
)


@blueprint.route("/shows/<slug>/episodes/<key>", methods=["GET", "POST"])
@takes_up_to(MOST_BYTES)
def page(slug: str, key: str) -> Response:
    now = current_time()
    with reading(the_services().engine) as database:
        episode = _whole(database, key)
        show = database.get_one(Show, episode.show_id)
        form = EpisodeForm.of(episode, show)
        versions = versions_of(database, episode.id)
    if form.validate_on_submit() and store_pictures(form.persons, partial(keep_person, key)):
        try:
            said = _save(form, key, now)
        except EpisodeError as error:
            show_error(form, error)
        else:
            if request.accept_mimetypes.best == "application/json":
                return jsonify(saved=said)
            flash(said, "success")
            return redirect(url_for(".page", slug=slug, key=key), 303)
    allow_direct_uploads()
    return make_response(
        render_template(
            "studio/episode/episode.html",
            form=form,
            files=FilesForm(),
            show=show,
            episode=episode,
            versions=versions,
            status=status_of(episode, now),
            preview_is_due=preview_is_due(episode, show),
            findings=in_words(look_at_episode(show, episode, the_services().addresses, now)),
            spoken_languages=spoken_languages(show),
            misfit=misfit,
            now=now,
        )
    )


def _whole(database: Session, key: str) -> Episode:
    episode = database.scalars(
        select(Episode)
        .where(Episode.key == key, Episode.show_id == the_show().id)
        .options(
            joinedload(Episode.audio),
            joinedload(Episode.preview_audio),
            selectinload(Episode.transcripts),
            joinedload(Episode.show).selectinload(Show.tiers),
        )
    ).first()
    if episode is None:
        raise NoSuchEpisode
    return episode


def _save(form: EpisodeForm, key: str, now: datetime) -> str:
    """Save the form and do what its button says; gives what to tell."""
    act = request.form.get("act", "save")
    with doing(f"episode.{act if act in {'publish', 'schedule'} else 'save'}", key) as database:
        episode = episode_here(database, key)
        show = database.get_one(Show, episode.show_id)
        before = snapshot_of(episode)
        update_episode(database, episode, form.fields(episode, show), now)
        keep_version(database, episode, before, by=the_person().email, now=now)
        if act == "publish":
            return _publish(database, episode, now)
        if act == "schedule":
            return _schedule(database, episode, show, form, now)
        if status_of(episode, now) in {"published", "scheduled"}:
            return str(gettext("Saved. Podcast apps show it the next time they look."))
    return str(gettext("Saved."))


def _publish(database: Session, episode: Episode, now: datetime) -> str:
    publish_episode(database, episode, at=min(episode.publish_at or now, now), now=now)
    return str(gettext("It is out. Members’ apps find it the next time they look."))


def _schedule(
    database: Session, episode: Episode, show: Show, form: EpisodeForm, now: datetime
) -> str:
    at = moment_in(form.publish_at.data, show.time_zone)
    if at is None:
        raise NoTime
    publish_episode(database, episode, at=at, now=now)
    zone = show.time_zone
    return str(gettext("It comes out on %(moment)s.", moment=format_moment(at, zone)))


class NoTime(EpisodeError):
    """An episode was to be scheduled without saying when."""

    def __str__(self) -> str:
        return str(gettext("Say when it is to come out."))


@blueprint.post("/shows/<slug>/episodes/<key>/state")
def change_state(slug: str, key: str) -> Response:
    """Withdraw, make a draft again, delete, or bring back what was deleted."""
    act, now = request.form.get("act", ""), current_time()
    said = ""
    with doing(f"episode.{act[:20]}", key) as database:
        episode = episode_here(database, key)
        if act == "withdraw":
            unpublish_episode(database, episode, state="withdrawn", now=now)
            said = gettext("It is out of all feeds. Publish it again, and it is back as it was.")
        elif act in {"draft", "restore"}:
            unpublish_episode(database, episode, state="draft", now=now)
            said = gettext("It is a draft again.")
        elif act == "delete":
            unpublish_episode(database, episode, state="deleted", now=now)
            said = gettext("It is deleted. Under “Deleted” you can bring it back.")
    if said:
        flash(said, "success")
    if act == "delete":
        return redirect(url_for("studio_episodes.page", slug=slug, status="deleted"), 303)
    return redirect(url_for(".page", slug=slug, key=key), 303)


@blueprint.post("/shows/<slug>/episodes/<key>/duplicate")
def duplicate(slug: str, key: str) -> Response:
    """A new draft with the same words, and no audio."""
    with doing("episode.duplicate", key) as database:
        episode = episode_here(database, key)
        made = create_episode(
            database,
            database.get_one(Show, episode.show_id),
            title=gettext("%(title)s (copy)", title=episode.title[:230]),
            now=current_time(),
            fields={name: getattr(episode, name) for name in _COPIED},
        )
        new_key = made.key
    flash(gettext("This is the copy. It has no audio yet."), "success")
    return redirect(url_for(".page", slug=slug, key=new_key), 303)


@blueprint.post("/shows/<slug>/episodes/<key>/versions/<int:version_id>")
def earlier(slug: str, key: str, version_id: int) -> Response:
    """Bring an earlier version back."""
    with doing("episode.bring-back", key) as database:
        episode = episode_here(database, key)
        bring_back(database, episode, version_id, by=the_person().email, now=current_time())
    flash(gettext("The earlier version is back. The one before it is kept below, too."), "success")
    return redirect(url_for(".page", slug=slug, key=key), 303)


@blueprint.post("/shows/<slug>/notes-preview")
def preview(slug: str) -> Response:
    """Show notes as listeners will see them: sanitized HTML."""
    return jsonify(html=notes_html(request.form.get("notes", "")[:100_000]))
