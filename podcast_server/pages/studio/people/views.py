"""``/studio/people``: invite, give and take roles, let go; ``/studio/people/log``."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.models import Show
from episodes.shows import list_shows
from podcast_server.accounts.members import AccountError, BadEmailError
from podcast_server.accounts.staff.api_keys import keys_of_everybody, revoke_key
from podcast_server.accounts.staff.audit import newest_actions
from podcast_server.accounts.staff.invitations import invite_staff, open_invitations, take_back
from podcast_server.accounts.staff.models import Staff, StaffInvitation
from podcast_server.accounts.staff.people import disable_staff, list_staff
from podcast_server.accounts.staff.roles import Role, give_role, roles_of, take_role
from podcast_server.accounts.staff.sessions import last_seen
from podcast_server.database import reading
from podcast_server.i18n import current_language
from podcast_server.mail.staff_letters import staff_invitation_letter
from podcast_server.pages.member.posting import nudge_postman, post_letter
from podcast_server.pages.studio.by_mail import flash_mailed
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person
from podcast_server.pages.studio.people.acts import act_words
from podcast_server.pages.studio.people.forms import InviteForm
from podcast_server.pages.studio.people.subjects import subjects_in_words
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("people", __name__)
LOG_PAGE = 100


@blueprint.route("/people", methods=["GET", "POST"])
def page() -> Response:
    with reading(the_services().engine) as database:
        shows = list_shows(database)
        people = [(each, roles_of(database, each.id)) for each in list_staff(database)]
        waiting = open_invitations(database, current_time())
        keys, seen = keys_of_everybody(database), last_seen(database)
    form = InviteForm().offer(shows)
    if form.validate_on_submit() and _invite(form):
        return _back()
    return make_response(
        render_template(
            "studio/people/people.html",
            form=form,
            people=people,
            waiting=waiting,
            keys=keys,
            seen=seen,
            shows=shows,
            me=the_person().id,
            now=current_time(),
        )
    )


def _back() -> Response:
    return redirect(url_for(".page"), 303)


def _invite(form: InviteForm) -> bool:
    services, now, language = the_services(), current_time(), current_language()
    role, _colon, show_id = form.what.data.partition(":")
    try:
        with doing("staff.invite", form.email.data) as database:
            invitation, token = invite_staff(
                database,
                form.email.data,
                "owner" if role == "owner" else _role(role),
                show_id=int(show_id) if show_id else None,
                invited_by=the_person().id,
                now=now,
            )
            site = services.site.name
            show = database.get(Show, invitation.show_id) if invitation.show_id else None
            letter = staff_invitation_letter(
                language,
                site,
                the_person().name or the_person().email,
                show.title if show else site,
                f"{services.addresses.public_url}/studio/join/{token}",
            )
            post_letter(database, services, letter, invitation.email, now, invitation.expires_at)
    except BadEmailError:
        form.email.errors = [gettext("This does not look like an e-mail address.")]
        return False
    nudge_postman()
    flash_mailed(
        gettext("The invitation is on its way. It holds for seven days."),
        kept=gettext("The invitation is written and holds for seven days."),
    )
    return True


def _role(text: str) -> Role:
    return "editor" if text == "editor" else "analyst"


@blueprint.post("/people/invitations/<int:invitation_id>/take-back")
def withdraw(invitation_id: int) -> Response:
    with reading(the_services().engine) as database:
        invitation = database.get(StaffInvitation, invitation_id) or abort(404)
    with doing("staff.take-back-invitation", invitation.email) as database:
        take_back(database, invitation_id)
    flash(gettext("The invitation is taken back."), "success")
    return _back()


@blueprint.post("/people/<int:staff_id>/roles")
def change_role(staff_id: int) -> Response:
    """Give a role for a show, or take it ("nothing")."""
    show_id, role = request.form.get("show", 0, type=int), request.form.get("role", "")
    with reading(the_services().engine) as database:
        person, show = database.get(Staff, staff_id), database.get(Show, show_id)
    if person is None or show is None:
        flash(gettext("Choose a show and what may be done with it."), "warning")
        return _back()
    with doing(f"staff.role.{role[:20]}", f"{staff_id}: {show.title}") as database:
        if role == "nothing":
            take_role(database, staff_id, show_id)
        else:
            give_role(database, staff_id, show_id, _role(role))
    flash(gettext("Saved."), "success")
    return _back()


@blueprint.post("/people/<int:staff_id>/let-go")
def let_go(staff_id: int) -> Response:
    try:
        with doing("staff.let-go", str(staff_id)) as database:
            disable_staff(database, database.get_one(Staff, staff_id), current_time())
    except AccountError:
        flash(gettext("This is the last owner: make somebody else an owner first."), "danger")
    else:
        flash(gettext("They are signed out everywhere, and cannot come in again."), "success")
    return _back()


@blueprint.post("/people/<int:staff_id>/keys/<int:key_id>/revoke")
def revoke(staff_id: int, key_id: int) -> Response:
    """End a key of whomever."""
    with doing("key.revoke", str(key_id)) as database:
        if not revoke_key(database, staff_id, key_id, current_time()):
            abort(404)
    flash(gettext("The key is revoked."), "success")
    return _back()


@blueprint.get("/people/log")
def log() -> Response:
    before = request.args.get("before", None, type=int)
    with reading(the_services().engine) as database:
        entries = newest_actions(database, before=before, limit=LOG_PAGE + 1)
        shows = {show.id: show.title for show in list_shows(database)}
        subjects = subjects_in_words(database, [entry for entry, _person in entries])
    more = entries[LOG_PAGE - 1][0].id if len(entries) > LOG_PAGE else None
    return make_response(
        render_template(
            "studio/people/log.html",
            entries=entries[:LOG_PAGE],
            shows=shows,
            subjects=subjects,
            more=more,
            act_words=act_words,
        )
    )
