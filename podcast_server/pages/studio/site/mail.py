"""``/studio/site/mail``: the mail server, tried before it is kept."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.database import reading
from podcast_server.mail.outbox import count_kept, queue_kept
from podcast_server.pages.member.posting import nudge_postman
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.studio.site.checks import Result, send_trial
from podcast_server.pages.studio.site.mail_form import MailForm, typed
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.settings import MailSettings
from podcast_server.site.mail_server import forget_mail_server, keep_mail_server

blueprint = studio_blueprint("site_mail", __name__)


@blueprint.get("/site/mail")
@needs("owner")
def page() -> Response:
    now = the_services().mail_server.settings
    return _shown(MailForm(formdata=None, obj=now))


@blueprint.post("/site/mail")
@needs("owner")
def save() -> Response:
    """Try what was typed and keep it where it works; or keep it untried."""
    server = the_services().mail_server
    if server.whose == "operator":
        abort(404)
    form = MailForm()
    fixed = the_services().settings.mail.sender
    if fixed:
        del form.sender
    if not form.validate_on_submit():
        return _shown(form)
    wanted = typed(form, server.settings, fixed)
    if wanted is None:
        return _shown(form)
    tried = _tried(wanted) if request.form.get("act") != "save" else None
    if tried is not None and not tried.good:
        return _shown(form, tried)
    _keep(wanted)
    flash(gettext("Saved.") if tried is None else gettext("It works, and is saved."), "success")
    if tried is not None:
        flash(tried.text, "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/site/mail/try")
@needs("owner")
def try_it() -> Response:
    """Send a mail as all mail is sent now."""
    now = the_services().mail_server.settings
    return _shown(MailForm(formdata=None, obj=now), _tried(now))


@blueprint.post("/site/mail/send-kept")
@needs("owner")
def send_kept() -> Response:
    """Send what was kept while no mail server was set."""
    if not the_services().mail_server.whose:
        flash(gettext("No mail server is set."), "warning")
        return redirect(url_for(".page"), 303)
    with doing("site.mail-kept") as database:
        queue_kept(database, current_time())
    nudge_postman()
    flash(gettext("They are sent now."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/site/mail/forget")
@needs("owner")
def forget() -> Response:
    with doing("site.mail-forget") as database:
        forget_mail_server(database, current_time())
    the_services().site_choices.forget()
    flash(gettext("Removed: mail waits in the outbox from now on."), "success")
    return redirect(url_for(".page"), 303)


def _tried(settings: MailSettings) -> Result:
    with doing("site.try", f"mail, {settings.host}"):
        pass
    return send_trial(the_services(), settings, the_person().email, current_time())


def _keep(wanted: MailSettings) -> None:
    services = the_services()
    with doing("site.mail", f"{wanted.host}, {wanted.username}".strip(", ")) as database:
        keep_mail_server(database, wanted, services.mail_vault, current_time())
    services.site_choices.forget()


def _shown(form: MailForm, result: Result | None = None) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        kept = count_kept(database)
    return make_response(
        render_template(
            "studio/site/mail.html",
            form=form,
            server=services.mail_server,
            kept=kept,
            has_password=bool(services.mail_server.settings.password.get_secret_value()),
            fixed_sender=services.settings.mail.sender,
            person=the_person(),
            result=result,
        )
    )
