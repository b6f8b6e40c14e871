"""``/studio/site``: the site's name, language and colour, and trials of what it stands on."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.studio.site.backups import backups_of
from podcast_server.pages.studio.site.checks import TRIALS, Result
from podcast_server.pages.studio.site.forms import LogoForm, SiteForm
from podcast_server.pages.studio.status.facts import facts_of
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.site.choices import choose

blueprint = studio_blueprint("site", __name__)


@blueprint.route("/site", methods=["GET", "POST"])
@needs("owner")
def page() -> Response:
    services = the_services()
    form = SiteForm(obj=services.site)
    if form.validate_on_submit():
        values = {
            "name": form.name.data,
            "language": form.language.data,
            "accent": form.accent.data.lower(),
        }
        with doing("site.change", form.name.data) as database:
            choose(database, values, current_time())
        services.site_choices.forget()
        flash(gettext("Saved."), "success")
        return redirect(url_for(".page"), 303)
    return _shown(form)


@blueprint.post("/site/try/<what>")
@needs("owner")
def try_out(what: str) -> Response:
    services = the_services()
    trial = TRIALS.get(what)
    if trial is None:
        abort(404)
    results = trial(services, the_person().email, current_time())
    with doing("site.try", what):
        pass
    return _shown(SiteForm(formdata=None, obj=services.site), what, results)


def shown_with_logo(form: LogoForm) -> Response:
    """The page with what is wrong with a logo."""
    return _shown(SiteForm(formdata=None, obj=the_services().site), logo_form=form)


def _shown(
    form: SiteForm,
    tried: str = "",
    results: list[Result] | None = None,
    logo_form: LogoForm | None = None,
) -> Response:
    services = the_services()
    return make_response(
        render_template(
            "studio/site/site.html",
            form=form,
            logo_form=logo_form or LogoForm(formdata=None),
            facts=facts_of(services),
            backups=backups_of(services),
            public_url=services.settings.site.public_url,
            tried=tried,
            now=current_time(),
            results=results or [],
        )
    )
