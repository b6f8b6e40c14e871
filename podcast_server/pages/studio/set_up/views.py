"""``/studio/set-up``: the first owner of a fresh server, who shows that they read its log."""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.accounts.members import AccountError
from podcast_server.accounts.sign_in import SIGN_IN_SECRET, TooManyRequests
from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.passwords import note_failure, refuse_guessing, set_password
from podcast_server.accounts.staff.people import ensure_staff, has_staff
from podcast_server.accounts.staff.setup_code import is_setup_code
from podcast_server.i18n import current_language
from podcast_server.pages.studio.entering import remember_staff, sign_in_staff
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.people_reasons import people_reason
from podcast_server.pages.studio.set_up.forms import SetUpForm
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("set_up", __name__)
_WHO = "set-up"


@blueprint.route("/set-up", methods=["GET", "POST"])
@needs("nothing")
def page() -> Response:
    form = SetUpForm(code=request.args.get("code", ""))
    with the_services().sessions() as database:
        if has_staff(database):
            abort(404)
    if form.validate_on_submit():
        token = _make_owner(form)
        if token:
            remember_staff(token)
            return redirect("/studio/shows/new", 303)
    again = request.method == "POST" and not form.password.errors
    if again:  # browsers are never sent a password back
        form.password.errors = [gettext("Type the password again, please: it is not kept.")]
    return make_response(render_template("studio/set_up/set_up.html", form=form, again=again))


def _make_owner(form: SetUpForm) -> str:
    """The new owner's session, or "" with the reason in the form."""
    services, now = the_services(), current_time()
    address, secret = request.remote_addr or "", services.tokens.derive(SIGN_IN_SECRET)
    try:
        with services.sessions.begin() as database:
            refuse_guessing(database, _WHO, address, secret, now)
        if is_setup_code(services.tokens, form.code.data):
            with services.sessions.begin() as database:
                return _first_owner(database, form)
    except TooManyRequests:
        abort(429)
    except AccountError as error:
        form.email.errors = [people_reason(error)]
        return ""
    with services.sessions.begin() as database:
        note_failure(database, _WHO, address, secret, now)
    form.code.errors = [gettext("That is not the code in this server's log.")]
    return ""


def _first_owner(database: Session, form: SetUpForm) -> str:
    now = current_time()
    if has_staff(database):  # two who set up at the same time: the second is too late
        abort(404)
    person = ensure_staff(
        database,
        form.email.data,
        now=now,
        name=form.name.data or "",
        locale=current_language(),
        owner=True,
    )
    set_password(person, form.password.data)
    note_action(database, "staff.set-up", now=now, staff_id=person.id, subject=person.email)
    return sign_in_staff(database, person, "set-up")
