"""``/studio/account``: one's name, password and the browsers one is signed in with."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.accounts.staff.api_keys import list_keys
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.passkeys import passkeys_of
from podcast_server.accounts.staff.passwords import WeakPasswordError, is_password, set_password
from podcast_server.accounts.staff.recovery import codes_left
from podcast_server.accounts.staff.sessions import (
    end_one_staff_session,
    end_staff_sessions,
    staff_sessions_of,
)
from podcast_server.database import reading
from podcast_server.i18n import remember_language
from podcast_server.pages.studio.account.forms import KeyForm, MeForm, PasswordForm
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person, the_worker
from podcast_server.pages.studio.people_reasons import people_reason
from podcast_server.pages.studio.shown_once import forget_shown
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("account", __name__)


@blueprint.get("/account")
@needs("staff")
def page() -> Response:
    forget_shown()
    return account_page(me_form(), PasswordForm(formdata=None))


def me_form() -> MeForm:
    """One's name and language, as they are."""
    person = the_person()
    return MeForm(data={"name": person.name, "language": person.locale})


def account_page(
    form: MeForm, password: PasswordForm, key_form: KeyForm | None = None, fresh_key: str = ""
) -> Response:
    """The page, with what was typed, and a new key where one was made just now."""
    now = current_time()
    with reading(the_services().engine) as database:
        sessions = staff_sessions_of(database, the_person().id, now)
        passkeys = passkeys_of(database, the_person().id)
        codes = codes_left(database, the_person().id)
        keys = list_keys(database, the_person().id)
    return make_response(
        render_template(
            "studio/account/account.html",
            form=form,
            password=password,
            sessions=sessions,
            passkeys=passkeys,
            codes=codes,
            keys=keys,
            key_form=key_form or KeyForm(formdata=None),
            fresh_key=fresh_key,
            now=now,
            person=the_person(),
            here=the_worker().session.id,
        )
    )


@blueprint.post("/account")
@needs("staff")
def save() -> Response:
    form = me_form()
    if not form.validate_on_submit():
        return account_page(form, PasswordForm(formdata=None))
    with doing("staff.change") as database:
        person = database.get_one(Staff, the_person().id)
        person.name, person.locale = form.name.data.strip(), form.language.data
    flash(gettext("Saved."), "success")
    response = redirect(url_for(".page"), 303)
    remember_language(response, form.language.data)
    return response


@blueprint.post("/account/password")
@needs("staff")
def change_password() -> Response:
    form = PasswordForm()
    if form.validate_on_submit() and _change(form):
        flash(gettext("The new password holds. All other browsers are signed out."), "success")
        return redirect(url_for(".page"), 303)
    return account_page(
        MeForm(formdata=None, data={"name": the_person().name, "language": the_person().locale}),
        form,
    )


def _change(form: PasswordForm) -> bool:
    person = the_person()
    if person.password_hash and not is_password(person, form.old.data):
        form.old.errors = [gettext("This is not your password so far.")]
        return False
    try:
        with doing("staff.password") as database:
            row = database.get_one(Staff, person.id)
            set_password(row, form.new.data)
            end_staff_sessions(database, row.id, but=the_worker().session.id)
    except WeakPasswordError as error:
        form.new.errors = [people_reason(error)]
        return False
    return True


@blueprint.post("/account/sessions")
@needs("staff")
def end_others() -> Response:
    with doing("staff.end-sessions") as database:
        end_staff_sessions(database, the_person().id, but=the_worker().session.id)
    flash(gettext("You are signed out everywhere else."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/sessions/<int:session_id>")
@needs("staff")
def end_one(session_id: int) -> Response:
    with doing("staff.end-session") as database:
        end_one_staff_session(database, the_person().id, session_id)
    flash(gettext("That browser is signed out."), "success")
    return redirect(url_for(".page"), 303)
