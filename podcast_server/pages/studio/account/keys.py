"""``/studio/account/keys``: keys for scripts, shown once."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from podcast_server.accounts.staff.api_keys import TooManyKeys, make_key, revoke_key
from podcast_server.pages.studio.account.forms import KeyForm, PasswordForm
from podcast_server.pages.studio.account.views import account_page, me_form
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint, the_person
from podcast_server.pages.studio.shown_once import keep_to_show, kept_to_show
from podcast_server.pages.wiring import current_time

blueprint = studio_blueprint("keys", __name__)


@blueprint.post("/account/keys")
@needs("staff")
def make() -> Response:
    form = KeyForm()
    if form.validate_on_submit():
        label, may_write = form.label.data, bool(form.may_write.data)
        try:
            with doing("key.make", label) as database:
                key = make_key(
                    database, the_person(), label, may_write=may_write, now=current_time()
                )
        except TooManyKeys:
            flash(gettext("Revoke a key that is no longer used first."), "danger")
            return redirect(url_for("studio_account.page"), 303)
        keep_to_show("key", [key])
        return redirect(url_for(".fresh", _anchor="keys"), 303)
    return account_page(me_form(), PasswordForm(formdata=None), form)


@blueprint.get("/account/keys")
@needs("staff")
def fresh() -> Response:
    """The key made just now, until one goes on."""
    kept = kept_to_show("key")
    if not kept:
        return redirect(url_for("studio_account.page"), 303)
    return account_page(me_form(), PasswordForm(formdata=None), fresh_key=kept[0])


@blueprint.post("/account/keys/<int:key_id>/revoke")
@needs("staff")
def revoke(key_id: int) -> Response:
    with doing("key.revoke", str(key_id)) as database:
        revoke_key(database, the_person().id, key_id, current_time())
    flash(gettext("The key is revoked."), "success")
    return redirect(url_for("studio_account.page"), 303)
