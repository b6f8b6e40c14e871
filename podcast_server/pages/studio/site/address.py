"""``/studio/site/address``: whether an address leads to this server, and what changing it takes.

The address itself is set where only whoever runs the server can write. Feeds, cookies, the check of
the Host header and passkeys all hang on it, in every process; and an address that only passes
everything on would pass the trial, too, and read along.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import make_response, render_template
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length, ValidationError

from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.site.checks import Result
from podcast_server.pages.studio.site.reaching import try_address
from podcast_server.pages.wiring import the_services
from podcast_server.settings import SiteSettings

blueprint = studio_blueprint("site_address", __name__)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


def plain_address(text: str | None) -> str:
    """As people type it → scheme and host alone; "" where that is not all of it."""
    text = (text or "").strip().lower().rstrip("/")
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        return ""
    rest = parts.path or parts.query or parts.fragment
    if rest or parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        return ""
    return text


class AddressForm(FlaskForm):  # type: ignore[misc]
    """An address to ask at."""

    address = StringField(_("Address to try"), validators=[Length(max=255)])

    def validate_address(self, field: StringField) -> None:
        """Scheme and host, nothing behind."""
        if not plain_address(field.data):
            raise ValidationError(
                gettext("An address such as https://podcast.example.org, with nothing behind it.")
            )


@blueprint.get("/site/address")
@needs("owner")
def page() -> Response:
    return _shown(AddressForm(formdata=None, data={"address": _now()}))


@blueprint.post("/site/address")
@needs("owner")
def try_it() -> Response:
    """Ask there; nothing is changed."""
    form = AddressForm()
    if not form.validate_on_submit():
        return _shown(form)
    address = plain_address(form.address.data)
    with doing("site.try", address):
        pass
    return _shown(form, try_address(the_services(), address), address)


def _now() -> str:
    return the_services().settings.site.public_url


def _shown(form: AddressForm, result: Result | None = None, tried: str = "") -> Response:
    now = _now()
    return make_response(
        render_template(
            "studio/site/address.html",
            form=form,
            address=now,
            is_set=now != SiteSettings().public_url,
            result=result,
            wanted=tried if result and result.good is not False and tried != now else "",
        )
    )
