"""``…/episodes/<key>``: write, publish, schedule, withdraw, delete, and bring back."""

from __future__ import annotations

import json
from functools import partial

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response

from episodes.episodes import create_episode
from episodes.errors import EpisodeError
from episodes.models import Episode, Show
from episodes.notes import notes_html
from episodes.preview_cutting import preview_is_due
from episodes.publishing import status_of, unpublish_episode
from episodes.transcripts.fit import misfit
from feeds.health.look import look_at_episode
from podcast_server.billing.single_sales import sold_episodes
from podcast_server.database import reading
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.direct_uploads import allow_direct_uploads
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.changes import told_versions
from podcast_server.pages.studio.episode.chapter_pictures import keep_person
from podcast_server.pages.studio.episode.forms import EpisodeForm, FilesForm
from podcast_server.pages.studio.episode.saving import save_form
from podcast_server.pages.studio.episode.seen import ChangedMeanwhile, seen_of
from podcast_server.pages.studio.episode.selling import selling_of, show_price
from podcast_server.pages.studio.episode.timing import TimeRefused
from podcast_server.pages.studio.episode.transcripts import spoken_languages
from podcast_server.pages.studio.episodes.acts import bring_back, restored_words
from podcast_server.pages.studio.episodes.here import NoSuchEpisode, episode_here
from podcast_server.pages.studio.field_errors import show_error
from podcast_server.pages.studio.guard import studio_blueprint, the_show
from podcast_server.pages.studio.health.views import in_words
from podcast_server.pages.studio.persons import MOST_BYTES, store_pictures
from podcast_server.pages.studio.undo import offer_undo
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
    now, services = current_time(), the_services()
    with reading(services.engine) as database:
        episode = _whole(database, key)
        show = database.get_one(Show, episode.show_id)
        form = EpisodeForm.of(episode, show)
        versions = told_versions(database, episode, show)
        selling = selling_of(database, episode)
        sold = sold_episodes(database, show.id, now)
        found = look_at_episode(show, episode, services.addresses, now, sold)
    show_price(form, selling, services.settings.payments.currency)
    way, clash = "", None
    form.seen.data = form.seen.data or json.dumps(seen_of(episode))
    if form.validate_on_submit() and store_pictures(form.persons, partial(keep_person, key)):
        try:
            said = save_form(form, key, now)
        except ChangedMeanwhile as error:
            clash = error
        except EpisodeError as error:
            show_error(form, error)
            way = error.way if isinstance(error, TimeRefused) else ""
        else:
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
            selling=selling,
            way=way,
            clash=clash,
            unsaved=form.is_submitted(),
            findings=in_words(found),
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
        elif act == "draft":
            unpublish_episode(database, episode, state="draft", now=now)
            said = gettext("It is a draft again.")
        elif act == "restore":
            was = episode.deleted_from
            said = restored_words(episode, was, bring_back(database, episode))
        elif act == "delete":
            unpublish_episode(database, episode, state="deleted", now=now)
            said = gettext("“%(title)s” is deleted.", title=episode.title)
            offer_undo(url_for("studio_episodes.change_many", slug=slug), "restore", [key])
    if said:
        flash(said, "success")
    if act == "delete":
        return redirect(url_for("studio_episodes.page", slug=slug), 303)
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


@blueprint.post("/shows/<slug>/notes-preview")
def preview(slug: str) -> Response:
    """Show notes as listeners will see them: sanitized HTML."""
    return jsonify(html=notes_html(request.form.get("notes", "")[:100_000]))
