"""``/me/account``: name, language, sessions, my data, leaving."""

from __future__ import annotations

import json

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response

from feeds.grants import Cause
from podcast_server.accounts.erase import erase_member
from podcast_server.accounts.export import export_member
from podcast_server.accounts.members import AccountError
from podcast_server.accounts.models import Member
from podcast_server.accounts.sessions import end_sessions, sessions_of
from podcast_server.database import reading
from podcast_server.i18n import remember_language
from podcast_server.pages.member.account.forms import AccountForm, LeaveForm
from podcast_server.pages.member.signed_in import (
    forget_sign_in,
    member_required,
    signed_in,
    the_member,
)
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

blueprint = Blueprint("account", __name__)


@blueprint.route("/me/account", methods=["GET", "POST"])
@member_required
def page() -> Response:
    services = the_services()
    member = the_member()
    form = AccountForm(data={"name": member.name, "language": member.locale})
    if form.validate_on_submit():
        return _save(services, form)
    here = signed_in()
    with reading(services.engine) as database:
        sessions = sessions_of(database, member.id, current_time())
    return make_response(
        render_template(
            "member/account/account.html",
            form=form,
            member=member,
            sessions=sessions,
            here=here.sign_in.id if here else 0,
            now=current_time(),
        )
    )


@blueprint.post("/me/account/sessions")
@member_required
def end_others() -> Response:
    services = the_services()
    here = signed_in()
    with services.sessions.begin() as database:
        end_sessions(database, the_member().id, but=here.sign_in.id if here else None)
    flash(gettext("You are signed out everywhere else."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.get("/me/account/my-data.json")
@member_required
def export() -> Response:
    services = the_services()
    with reading(services.engine) as database:
        facts = export_member(database, the_member(), current_time())
    response = make_response(json.dumps(facts, indent=2, ensure_ascii=False))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/me/account/delete", methods=["GET", "POST"])
@member_required
def delete() -> Response:
    services = the_services()
    form = LeaveForm()
    if form.validate_on_submit():
        return _erase(services)
    return make_response(render_template("member/account/delete.html", form=form))


def _save(services: Services, form: AccountForm) -> Response:
    with services.sessions.begin() as database:
        member = database.get_one(Member, the_member().id)
        member.name, member.locale = form.name.data.strip(), form.language.data
    flash(gettext("Saved."), "success")
    response = redirect(url_for(".page"), 303)
    remember_language(response, form.language.data)
    return response


def _erase(services: Services) -> Response:
    """Forget the member, unless something speaks against it (``app.config["BEFORE_ERASE"]``)."""
    now = current_time()
    before = current_app.config.get("BEFORE_ERASE")
    try:
        with services.sessions.begin() as database:
            member = database.get_one(Member, the_member().id)
            if before is not None:
                before(database, member.id, now)
            cause = Cause(f"member:{member.id}", "account deleted")
            erase_member(database, member, cause=cause, now=now)
    except AccountError as error:
        flash(str(error), "warning")
        return redirect(url_for("account.page"), 303)
    forget_sign_in()
    flash(gettext("Your account is deleted. Farewell, and thank you for listening."), "success")
    return redirect(url_for("sign_in.ask"), 303)
