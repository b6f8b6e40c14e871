"""``/studio/shows/new``, ``…/settings`` and ``…/artwork``."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.artwork import MAX_BYTES, ArtworkRefused, Square, prepare_artwork
from episodes.errors import EpisodeError
from episodes.models import Show
from episodes.pictures import store_picture
from episodes.shows import create_show, update_show
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from podcast_server.database import reading
from podcast_server.i18n import current_language
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.field_errors import show_error
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.persons import MOST_BYTES, store_pictures
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.studio.show.forms import ArtworkForm, NewShowForm, ShowForm
from podcast_server.pages.studio.show.in_apps import newest_in_apps
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("show", __name__)


@blueprint.route("/shows/new", methods=["GET", "POST"])
def new() -> Response:
    form = NewShowForm(language=current_language(), author=the_person().name)
    if form.validate_on_submit():
        try:
            return _create(form)
        except EpisodeError as error:
            show_error(form, error)
    return make_response(render_template("studio/show/new.html", form=form))


def _create(form: NewShowForm) -> Response:
    fields = {
        name: form[name].data or "" for name in ("description", "author", "language", "time_zone")
    }
    fields |= {"owner_name": the_person().name, "owner_email": the_person().email}
    with doing("show.create", form.title.data) as database:
        show = create_show(
            database,
            title=form.title.data,
            public_url=the_services().addresses.public_url,
            now=current_time(),
            fields=fields,
        )
        slug = show.slug
    return redirect(url_for(".artwork", slug=slug), 303)


@blueprint.route("/shows/<slug>/settings", methods=["GET", "POST"])
@takes_up_to(MOST_BYTES)
def settings(slug: str) -> Response:
    form = ShowForm.of(the_show())
    if form.validate_on_submit() and store_pictures(form.persons, _keep):
        try:
            with doing("show.change", slug) as database:
                show = database.get_one(Show, the_show().id)
                update_show(database, show, form.fields(show), current_time())
        except EpisodeError as error:
            show_error(form, error)
        else:
            flash(gettext("Saved. Podcast apps show it the next time they look."), "success")
            return redirect(url_for(".settings", slug=slug), 303)
    with reading(the_services().engine) as database:
        everybody, members = newest_in_apps(database, the_show().id, current_time())
    return make_response(
        render_template(
            "studio/show/settings.html",
            form=form,
            show=the_show(),
            everybody=everybody,
            members=members,
        )
    )


def _keep(data: bytes) -> str:
    """Store a person's picture. Raises ArtworkRefused."""
    return store_picture(the_services().storage, data, the_show().id, square=True)


@blueprint.route("/shows/<slug>/artwork", methods=["GET", "POST"])
@takes_up_to(MAX_BYTES + 1024 * 1024)
def artwork(slug: str) -> Response:
    form = ArtworkForm()
    if form.validate_on_submit():
        try:
            store_show_artwork(form)
        except ArtworkRefused as error:
            form.picture.errors = [reason(error)]
        else:
            flash(gettext("The artwork is in place."), "success")
            return redirect(url_for("studio_episodes.page", slug=slug), 303)
    return make_response(render_template("studio/show/artwork.html", form=form, show=the_show()))


def store_show_artwork(form: ArtworkForm) -> None:
    """Check, store and use a picture. Raises ArtworkRefused."""
    cover = prepare_artwork(form.picture.data.read(MAX_BYTES + 1), crop=True, square=chosen(form))
    show = the_show()
    key = artwork_key(show.id, cover.sha256, cover.extension)
    put_bytes(the_services().storage, key, cover.data, content_type=cover.mime)
    with doing("show.artwork") as database:
        row = database.get_one(Show, show.id)
        update_show(database, row, {"artwork_key": key}, current_time())


def chosen(form: ArtworkForm) -> Square | None:
    """The square somebody drew, or None for the middle one."""
    left, top, side = form.left.data, form.top.data, form.side.data
    return None if None in {left, top, side} or not side else Square(left, top, side)
