"""What somebody of the staff may change about themselves."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, Length

from podcast_server.accounts.staff.passwords import LONGEST, SHORTEST
from podcast_server.i18n import LANGUAGES


class MeForm(FlaskForm):  # type: ignore[misc]
    """Name and language."""

    name = StringField(_("Name"), validators=[Length(max=255)])
    language = SelectField(
        _("Language"), choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()]
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, by somebody who knows the old one where there is one."""

    old = PasswordField(_("Password so far"), validators=[Length(max=256)])
    new = PasswordField(
        _("New password"),
        validators=[
            Length(min=SHORTEST, max=LONGEST, message=_("Use at least 12 characters: a few words."))
        ],
    )


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A new key for scripts."""

    label = StringField(
        _("Name of the key"),
        validators=[DataRequired(_("Give the key a name.")), Length(max=120)],
    )
    may_write = BooleanField(_("It may change things"))
