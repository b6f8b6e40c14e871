"""``/studio/join/<token>``: accept an invitation."""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import Length, Optional

from podcast_server.accounts.members import AccountError
from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.invitations import accept_invitation, find_invitation
from podcast_server.accounts.staff.passwords import LONGEST, SHORTEST, set_password
from podcast_server.i18n import current_language
from podcast_server.pages.studio.entering import remember_staff, sign_in_staff
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.people_reasons import people_reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("join", __name__)


class JoinForm(FlaskForm):  # type: ignore[misc]
    """A name, and a password for those who want one."""

    name = StringField(_("Your name"), validators=[Length(max=255)])
    password = PasswordField(
        _("Password"),
        validators=[
            Optional(),
            Length(SHORTEST, LONGEST, message=_("Use at least 12 characters: a few words.")),
        ],
    )


@blueprint.route("/join/<string(minlength=20):token>", methods=["GET", "POST"])
@needs("nothing")
def page(token: str) -> Response:
    with the_services().sessions() as database:
        invitation = find_invitation(database, token, current_time())
    if invitation is None:
        abort(410)
    form = JoinForm()
    if form.validate_on_submit():
        session_token = _accept(form, token)
        if session_token:
            remember_staff(session_token)
            return redirect("/studio", 303)
    return make_response(
        render_template("studio/join/join.html", form=form, email=invitation.email)
    )


def _accept(form: JoinForm, token: str) -> str:
    """The new session, or "" with the reason in the form."""
    now = current_time()
    try:
        with the_services().sessions.begin() as database:
            invitation = find_invitation(database, token, now)
            if invitation is None:
                abort(410)
            person = accept_invitation(
                database, invitation, name=form.name.data or "", locale=current_language(), now=now
            )
            # Whoever works here already keeps the password they have.
            if form.password.data and not person.password_hash:
                set_password(person, form.password.data)
            note_action(database, "staff.join", now=now, staff_id=person.id, subject=person.email)
            return sign_in_staff(database, person, "invitation")
    except AccountError as error:
        form.password.errors = [people_reason(error)]
        return ""
