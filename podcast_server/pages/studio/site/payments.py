"""``/studio/site/payments``: connecting Stripe, or deciding to start without it.

A key that is typed here is asked about and forgotten. It is set where only whoever runs the
server can write: who gets into the studio must not be able to lead the money elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import Regexp

from podcast_server.billing.errors import BillingError
from podcast_server.billing.providers.choose import open_providers
from podcast_server.database import reading
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.studio.site.checks import Result, findings_in_words
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import now_utc, provider_settings
from podcast_server.site.decisions import decide, decided

blueprint = studio_blueprint("site_payments", __name__)
BY_HAND = "by-hand"


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A secret key, to be asked about."""

    key = PasswordField(
        _("Secret key"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            Regexp(
                r"(sk|rk)_(test|live)_\w{8,250}\Z",
                message=_("A secret key begins with sk_ or rk_ and is shown once by Stripe."),
            )
        ],
    )


@blueprint.get("/site/payments")
@needs("owner")
def page() -> Response:
    return _shown(KeyForm(formdata=None))


@blueprint.post("/site/payments")
@needs("owner")
def choose() -> Response:
    """Start without Stripe."""
    with doing("site.payments", "by hand") as database:
        decide(database, "payments", BY_HAND, current_time())
    flash(gettext("You confirm payments by hand. Stripe can be connected at any time."), "success")
    return redirect(url_for("studio_home.page"), 303)


@blueprint.post("/site/payments/key")
@needs("owner")
def try_key() -> Response:
    """Ask Stripe what it says of a key; the key is kept nowhere."""
    form = KeyForm()
    results = _asked(form.key.data) if form.validate_on_submit() else []
    return _shown(form, results)


def _asked(key: str) -> list[Result]:
    services = the_services()
    with doing("site.try", f"Stripe, {key[:7]}…"):
        pass
    wanted = replace(provider_settings(services.settings), stripe_key=key)
    try:
        selling = open_providers(wanted, services.sessions, now_utc).selling
        found = selling.check(services.settings.site.public_url)
    except BillingError as error:
        return [Result(False, refusal(error))]
    return findings_in_words(found)


def _shown(form: KeyForm, results: list[Result] | None = None) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        by_hand = decided(database, "payments") == BY_HAND
    stripe = services.settings.stripe
    return make_response(
        render_template(
            "studio/site/payments.html",
            form=form,
            results=results or [],
            by_hand=by_hand,
            key_set=bool(stripe.secret_key.get_secret_value()),
            webhook_set=bool(stripe.webhook_secrets),
            public_url=services.settings.site.public_url,
        )
    )
