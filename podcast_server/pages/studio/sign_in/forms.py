"""The questions at the studio's door."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, Length


class DoorForm(FlaskForm):  # type: ignore[misc]
    """Who it is, and the password where there is one."""

    email = EmailField(
        _("E-mail address"), validators=[DataRequired(_("Type your address.")), Length(max=320)]
    )
    password = PasswordField(_("Password"), validators=[Length(max=256)])
