"""``/sign-in``: ask for a way in; ``/sign-in/<token>``: be let in; ``/sign-out``."""

from __future__ import annotations

import math

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.accounts.members import BadEmailError
from podcast_server.accounts.models import SignInRequest
from podcast_server.accounts.sessions import end_session
from podcast_server.accounts.sign_in import (
    SIGN_IN_SECRET,
    TooManyRequests,
    asked_here,
    find_request,
    request_of_browser,
    right_code,
)
from podcast_server.database import reading
from podcast_server.pages.member.sign_in.asking import (
    asked_email,
    send_way_in,
    this_browser,
)
from podcast_server.pages.member.sign_in.forms import CodeForm, EmailForm
from podcast_server.pages.member.sign_in.letting_in import let_in
from podcast_server.pages.member.signed_in import forget_sign_in, signed_in
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services
from podcast_server.ways_back import local_path

blueprint = Blueprint("sign_in", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def ask() -> Response:
    services = the_services()
    next_path = local_path(request.args.get("next", ""))
    if request.method == "GET" and signed_in() is not None:
        return redirect(next_path or "/me", 303)
    form = EmailForm()
    if form.validate_on_submit():
        answer = try_to_send(services, form, next_path=next_path)
        if answer is not None:
            return answer
    return _page("ask", form=form, next_path=next_path)


@blueprint.get("/sign-in/check")
def check() -> Response:
    services = the_services()
    if not this_browser():
        return redirect(url_for(".ask"), 303)
    return _page("check", form=CodeForm(), **_facts(services))


@blueprint.post("/sign-in/check")
def code() -> Response:
    services = the_services()
    form = CodeForm()
    with reading(services.engine) as database:
        asked = request_of_browser(database, this_browser(), current_time())
    if asked is None:
        return _too_late()
    if form.validate_on_submit() and _code_is_right(services, asked, form):
        return _enter(services, asked)
    return _page("check", form=form, **_facts(services))


@blueprint.route("/sign-in/<string(minlength=20):token>", methods=["GET", "POST"])
def link(token: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        asked = find_request(database, token, current_time())
    if asked is None:
        return _too_late()
    form = CodeForm()
    here = asked_here(asked, this_browser())
    if request.method == "POST" and (
        here or (form.validate() and _code_is_right(services, asked, form))
    ):
        return _enter(services, asked)
    # Looking changes nothing: link previews and virus scanners look, people press.
    return _page("link", form=form, here=here, joining=asked.show_id is not None)


@blueprint.post("/sign-out")
def leave() -> Response:
    services = the_services()
    token = forget_sign_in()
    if token is not None:
        with services.sessions.begin() as database:
            end_session(database, token)
    return redirect("/", 303)


def try_to_send(services: Services, form: EmailForm, **more: object) -> Response | None:
    """Send the link and lead on; None leaves the form, with its error, to be shown again."""
    try:
        send_way_in(services, form.email.data or "", **more)  # type: ignore[arg-type]
    except BadEmailError:
        form.email.errors = [gettext("This does not look like an e-mail address.")]
        return None
    except TooManyRequests as refused:
        answer = make_response(_page("wait", wait=refused.wait.total_seconds()), 429)
        answer.headers["Retry-After"] = str(math.ceil(refused.wait.total_seconds()))
        return answer
    return redirect(url_for("sign_in.check"), 303)


def _facts(services: Services) -> dict[str, object]:
    return {"email": asked_email(), "mail_is_kept": not services.current.mail.host}


def _code_is_right(services: Services, asked: SignInRequest, form: CodeForm) -> bool:
    secret = services.tokens.derive(SIGN_IN_SECRET)
    with services.sessions.begin() as database:
        row = database.get(SignInRequest, asked.id)
        if row is not None and right_code(database, row, form.code.data, secret):
            return True
    form.code.errors = [gettext("That is not the code in the newest mail.")]
    return False


def _enter(services: Services, asked: SignInRequest) -> Response:
    path = let_in(services, asked.id)
    return _too_late() if path is None else redirect(path, 303)


def _too_late() -> Response:
    flash(gettext("That link or code no longer works. Ask for a new one."), "warning")
    return redirect(url_for("sign_in.ask"), 303)


def _page(name: str, **facts: object) -> Response:
    return make_response(render_template(f"member/sign_in/{name}.html", **facts))
