"""What a fresh server asks."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from podcast_server.accounts.staff.passwords import LONGEST, SHORTEST


class SetUpForm(FlaskForm):  # type: ignore[misc]
    """The first owner."""

    code = StringField(
        _("Set-up code"), validators=[DataRequired(_("Copy it from the log.")), Length(max=60)]
    )
    name = StringField(_("Your name"), validators=[Length(max=255)])
    email = EmailField(
        _("E-mail address"), validators=[DataRequired(_("Type your address.")), Length(max=320)]
    )
    password = PasswordField(
        _("Password"),
        validators=[
            Length(
                min=SHORTEST, max=LONGEST, message=_("Use at least 12 characters: a few words.")
            ),
        ],
    )
