"""The mail server as it is typed: what cannot be one is said at its field."""

from __future__ import annotations

import ipaddress
import re
from email.utils import parseaddr

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from pydantic import SecretStr
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, ValidationError

from podcast_server.mail.outbox import is_address
from podcast_server.pages.plain_fields import WholeNumberField
from podcast_server.settings import MailSettings
from podcast_server.site.mail_server import same_door

_PART = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_PART}(\.{_PART})*")


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class MailForm(FlaskForm):  # type: ignore[misc]
    """What a mail provider's help pages call "SMTP" or "outgoing mail"."""

    host = StringField(
        _("Mail server"),
        filters=[lambda text: _trimmed(text).lower()],
        validators=[DataRequired(_("Which server does mail leave through?"))],
    )
    port = WholeNumberField(
        _("Port"),
        validators=[
            NumberRange(1, 65535, _("A port is a number such as 587 or 465.")),
        ],
    )
    security = SelectField(
        _("Encryption"),
        choices=[
            SelectChoice("starttls", _("STARTTLS (usual with port 587)")),
            SelectChoice("tls", _("TLS (usual with port 465)")),
            SelectChoice("none", _("None: only for a server in your own network")),
        ],
    )
    username = StringField(_("User"), filters=[_trimmed], validators=[Length(max=255)])
    password = PasswordField(_("Password"), validators=[Length(max=1000)])
    sender = StringField(_("Sender"), filters=[_trimmed], validators=[Length(max=255)])

    def validate_host(self, field: StringField) -> None:
        """A name, or an address in numbers."""
        if not _NAME.fullmatch(field.data) and not _is_numbers(field.data):
            raise ValidationError(gettext("A name such as smtp.example.org, without https://."))

    def validate_username(self, field: StringField) -> None:
        """SMTP as we speak it carries ASCII alone."""
        if not field.data.isascii() or not field.data.isprintable():
            raise ValidationError(gettext("Letters with accents cannot be sent to a mail server."))

    def validate_password(self, field: PasswordField) -> None:
        """Likewise."""
        text = field.data or ""
        if text and (not text.isascii() or not text.isprintable()):
            raise ValidationError(gettext("Letters with accents cannot be sent to a mail server."))

    def validate_sender(self, field: StringField) -> None:
        """One address, with or without a name before it."""
        name, address = parseaddr(field.data)
        usable = address.isascii() and is_address(address) and name.isprintable()
        if not usable or not field.data.isprintable():
            raise ValidationError(
                gettext("An address such as hello@example.org, or Harbour <hello@example.org>.")
            )


def typed(form: MailForm, now: MailSettings, fixed_sender: str) -> MailSettings | None:
    """What was typed; None where the kept password would go where it was not meant to."""
    wanted = now.model_copy(
        update={
            "host": form.host.data,
            "port": form.port.data,
            "security": form.security.data,
            "username": form.username.data,
            "sender": fixed_sender or form.sender.data,
            "password": SecretStr(form.password.data or ""),
        }
    )
    if form.password.data or not now.password.get_secret_value() or not wanted.username:
        return wanted
    if same_door(now, wanted):
        return wanted.model_copy(update={"password": now.password})
    form.password.errors = [
        gettext("Type the password again: it is only used where it was first meant for.")
    ]
    return None


def _is_numbers(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
