"""Naming a feed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class NameForm(FlaskForm):  # type: ignore[misc]
    """What the member calls a feed: phone, car, kitchen."""

    name = StringField(_("Name"), validators=[DataRequired(_("Type a name.")), Length(max=80)])
