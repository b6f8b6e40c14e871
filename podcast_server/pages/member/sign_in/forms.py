"""The two questions of signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length


class EmailForm(FlaskForm):  # type: ignore[misc]
    """Where to send the link."""

    email = EmailField(
        _("E-mail address"), validators=[DataRequired(_("Type your address.")), Length(max=320)]
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The code from the mail."""

    code = StringField(
        _("Code from the mail"),
        validators=[DataRequired(_("Type the six digits.")), Length(max=20)],
    )
