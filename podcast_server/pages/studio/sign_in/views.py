"""``/studio/sign-in``: by password or by mail; ``/studio/sign-out``."""

from __future__ import annotations

import math

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.accounts.members import BadEmailError
from podcast_server.accounts.models import SignInRequest
from podcast_server.accounts.sign_in import (
    SIGN_IN_SECRET,
    TooManyRequests,
    asked_here,
    find_request,
    request_of_browser,
    right_code,
    use_request,
)
from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.passwords import is_password, note_failure, refuse_guessing
from podcast_server.accounts.staff.people import NoSuchStaffError, find_staff, has_staff
from podcast_server.accounts.staff.recovery import use_recovery_code
from podcast_server.accounts.staff.sessions import end_staff_session
from podcast_server.database import reading
from podcast_server.pages.member.sign_in.forms import CodeForm
from podcast_server.pages.studio.entering import forget_staff, remember_staff, sign_in_staff
from podcast_server.pages.studio.guard import needs, studio_blueprint, worker_or_none
from podcast_server.pages.studio.sign_in.asking import asking_browser, asking_email, mail_way_in
from podcast_server.pages.studio.sign_in.forms import DoorForm
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.ways_back import local_path

blueprint = studio_blueprint("sign_in", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@needs("nothing")
def page() -> Response:
    next_path = _studio_path(request.args.get("next", ""))
    if request.method == "GET":
        if worker_or_none() is not None:
            return redirect(next_path, 303)
        with reading(the_services().engine) as database:
            if not has_staff(database):
                return redirect(url_for("studio_set_up.page"), 303)
    form = DoorForm()
    if form.validate_on_submit():
        try:
            answer = _by_mail(form, next_path) if "link" in request.form else _by_password(form)
        except TooManyRequests as refused:
            return _wait(refused)
        if answer is not None:
            return answer if "link" in request.form else redirect(next_path, 303)
    return _page("sign_in", form=form, next_path=next_path)


def _by_mail(form: DoorForm, next_path: str) -> Response | None:
    try:
        mail_way_in(form.email.data, next_path)
    except BadEmailError:
        form.email.errors = [gettext("This does not look like an e-mail address.")]
        return None
    return redirect(url_for(".check"), 303)


def _by_password(form: DoorForm) -> Response | None:
    """Sign in and give an answer, or leave the reason in the form."""
    services, now = the_services(), current_time()
    email, address = form.email.data, request.remote_addr or ""
    secret = services.tokens.derive(SIGN_IN_SECRET)
    with services.sessions.begin() as database:
        refuse_guessing(database, email, address, secret, now)
        person = _known(database, email)
        how = _proof(database, person, form.password.data)
        if how and person is not None:
            token = sign_in_staff(database, person, how)
        else:
            note_failure(database, email, address, secret, now)
            token = ""
    if not token:
        form.password.errors = [
            gettext("Address and password do not belong together. You can also sign in by mail.")
        ]
        return None
    remember_staff(token)
    return redirect("/studio", 303)


def _proof(database: Session, person: Staff | None, given: str) -> str:
    """What was typed: "password", "recovery-code", or "" for neither."""
    if is_password(person, given):
        return "password"
    if person is not None and use_recovery_code(database, person.id, given, current_time()):
        return "recovery-code"
    return ""


def _known(database: Session, email: str) -> Staff | None:
    try:
        return find_staff(database, email)
    except NoSuchStaffError:
        return None


@blueprint.route("/sign-in/check", methods=["GET", "POST"])
@needs("nothing")
def check() -> Response:
    with reading(the_services().engine) as database:
        asked = request_of_browser(database, asking_browser(), current_time(), "staff")
    if asked is None:
        return _too_late()
    form = CodeForm()
    if form.validate_on_submit() and _is_right(asked, form):
        return _enter(asked)
    kept = not the_services().current.mail.host
    return _page("check", form=form, email=asking_email(), mail_is_kept=kept)


@blueprint.route("/sign-in/<string(minlength=20):token>", methods=["GET", "POST"])
@needs("nothing")
def link(token: str) -> Response:
    with reading(the_services().engine) as database:
        asked = find_request(database, token, current_time(), "staff", "operator")
    if asked is None:
        return _too_late()
    form = CodeForm()
    # A link printed on the server's own terminal was seen by nobody who may not enter.
    here = asked.purpose == "operator" or asked_here(asked, asking_browser())
    if request.method == "POST" and (here or (form.validate() and _is_right(asked, form))):
        return _enter(asked)
    return _page("link", form=form, here=here)


@blueprint.post("/sign-out")
@needs("nothing")
def leave() -> Response:
    worker, token = worker_or_none(), forget_staff()
    if token is not None:
        with the_services().sessions.begin() as database:
            end_staff_session(database, token)
            if worker is not None:
                now, who = current_time(), worker.person.id
                device = worker.session.device
                note_action(database, "sign-out", now=now, staff_id=who, subject=device)
    return redirect(url_for(".page"), 303)


def _is_right(asked: SignInRequest, form: CodeForm) -> bool:
    services = the_services()
    secret = services.tokens.derive(SIGN_IN_SECRET)
    with services.sessions.begin() as database:
        row = database.get(SignInRequest, asked.id)
        if row is not None and right_code(database, row, form.code.data, secret):
            return True
    form.code.errors = [gettext("That is not the code in the newest mail.")]
    return False


def _enter(asked: SignInRequest) -> Response:
    with the_services().sessions.begin() as database:
        row = database.get_one(SignInRequest, asked.id)
        person = _known(database, row.email)
        if person is None or not use_request(database, row, current_time()):
            return _too_late()
        token = sign_in_staff(database, person, "mail" if row.purpose == "staff" else "operator")
        path = _studio_path(row.next_path)
    remember_staff(token)
    return redirect(path, 303)


def _studio_path(text: str) -> str:
    path = local_path(text)
    return path if path.startswith("/studio") else "/studio"


def _too_late() -> Response:
    flash(gettext("That link or code no longer works. Ask for a new one."), "warning")
    return redirect(url_for(".page"), 303)


def _wait(refused: TooManyRequests) -> Response:
    answer = make_response(_page("wait", wait=refused.wait.total_seconds()), 429)
    answer.headers["Retry-After"] = str(math.ceil(refused.wait.total_seconds()))
    return answer


def _page(name: str, **facts: object) -> Response:
    return make_response(render_template(f"studio/sign_in/{name}.html", **facts))
