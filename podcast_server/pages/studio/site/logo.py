"""``/studio/site/logo``: the site's logo, checked, made small, and taken away."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.artwork import MAX_BYTES, ArtworkRefused, prepare_logo
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.studio.site.forms import LogoForm
from podcast_server.pages.studio.site.views import shown_with_logo
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.site.logo import remove_logo, use_logo

blueprint = studio_blueprint("site_logo", __name__)


@blueprint.post("/site/logo")
@needs("owner")
@takes_up_to(MAX_BYTES + 1024 * 1024)
def put() -> Response:
    form = LogoForm()
    if not form.validate_on_submit():
        return shown_with_logo(form)
    try:
        logo = prepare_logo(form.picture.data.read(MAX_BYTES + 1))
    except ArtworkRefused as error:
        form.picture.errors = [reason(error)]
        return shown_with_logo(form)
    with doing("site.logo") as database:
        use_logo(database, logo, current_time())
    return _changed(gettext("The logo is in place."))


@blueprint.post("/site/logo/remove")
@needs("owner")
def remove() -> Response:
    with doing("site.logo-remove") as database:
        remove_logo(database, current_time())
    return _changed(gettext("The logo is gone."))


def _changed(said: str) -> Response:
    the_services().site_choices.forget()
    flash(said, "success")
    return redirect(url_for("studio_site.page", _anchor="logo"), 303)
