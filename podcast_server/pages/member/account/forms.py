"""Who I am, and the question before leaving."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, Length

from podcast_server.i18n import LANGUAGES


class AccountForm(FlaskForm):  # type: ignore[misc]
    """Name and language."""

    name = StringField(_("Name"), validators=[Length(max=255)])
    language = SelectField(
        _("Language of pages and mails"),
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """Deleting the account needs a deliberate tick."""

    sure = BooleanField(
        _("Yes, delete my account and close all my feeds"),
        validators=[DataRequired(_("Tick the box if you are sure."))],
    )
