"""``/studio/account/passkeys`` and ``/studio/sign-in/passkey``, in JSON; recovery codes."""

from __future__ import annotations

from typing import Any

from flask import (
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from werkzeug.wrappers import Response

from podcast_server.accounts.staff.passkeys import (
    Ceremony,
    PasskeyRefused,
    Site,
    begin_registration,
    begin_sign_in,
    finish_registration,
    finish_sign_in,
    remove_passkey,
)
from podcast_server.accounts.staff.recovery import make_recovery_codes
from podcast_server.database import reading
from podcast_server.pages.member.device import device_name
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.entering import remember_staff, sign_in_staff
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.studio.shown_once import keep_to_show, kept_to_show
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("passkeys", __name__)
_CHALLENGE = "passkey_challenge"


def _site() -> Site:
    settings = the_services().settings.site
    return Site.of(settings.public_url, settings.name)


def _ask(ceremony: Ceremony) -> Response:
    session[_CHALLENGE] = bytes_to_base64url(ceremony.challenge)
    return jsonify(ceremony.options)


def _challenge() -> bytes:
    """The challenge this browser was given. It is good for one answer."""
    return base64url_to_bytes(str(session.pop(_CHALLENGE, "")))


def _answer() -> dict[str, Any]:
    sent = request.get_json()
    return sent if isinstance(sent, dict) else {}


@blueprint.post("/account/passkeys/begin")
@needs("staff")
def begin() -> Response:
    with reading(the_services().engine) as database:
        return _ask(begin_registration(database, the_person(), _site()))


@blueprint.post("/account/passkeys")
@needs("staff")
def add() -> tuple[Response, int]:
    name, challenge = device_name(request.user_agent.string), _challenge()
    try:
        with doing("staff.passkey", name) as database:
            finish_registration(
                database,
                the_person(),
                _site(),
                _answer(),
                challenge,
                name=name,
                now=current_time(),
            )
    except PasskeyRefused:
        return jsonify(error=gettext("The passkey could not be checked. Try again.")), 400
    flash(gettext("The passkey is kept. It opens the studio from now on."), "success")
    return jsonify(done=True), 200


@blueprint.post("/account/passkeys/<int:passkey_id>/remove")
@needs("staff")
def remove(passkey_id: int) -> Response:
    with doing("staff.passkey-remove") as database:
        remove_passkey(database, the_person().id, passkey_id)
    flash(gettext("That passkey opens nothing any more."), "success")
    return redirect(url_for("studio_account.page"), 303)


@blueprint.post("/sign-in/passkey/begin")
@needs("nothing")
def begin_entering() -> Response:
    return _ask(begin_sign_in(_site()))


@blueprint.post("/sign-in/passkey")
@needs("nothing")
def enter() -> tuple[Response, int]:
    challenge = _challenge()
    try:
        with the_services().sessions.begin() as database:
            person = finish_sign_in(database, _site(), _answer(), challenge, current_time())
            token = sign_in_staff(database, person, "passkey")
    except PasskeyRefused:
        return jsonify(error=gettext("This passkey does not open the studio.")), 403
    remember_staff(token)
    return jsonify(done=True), 200


@blueprint.post("/account/recovery-codes")
@needs("staff")
def recovery_codes() -> Response:
    """Fresh codes, in place of all earlier ones."""
    with doing("staff.recovery-codes") as database:
        codes = make_recovery_codes(database, the_person().id)
    keep_to_show("recovery-codes", codes)
    return redirect(url_for(".fresh_codes"), 303)


@blueprint.get("/account/recovery-codes")
@needs("staff")
def fresh_codes() -> Response:
    """The codes made just now, until one goes on."""
    codes = kept_to_show("recovery-codes")
    if not codes:
        return redirect(url_for("studio_account.page"), 303)
    return make_response(render_template("studio/passkeys/codes.html", codes=codes))
