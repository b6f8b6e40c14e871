"""What the owner decides of the whole site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import ColorField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from podcast_server.i18n import LANGUAGES


class SiteForm(FlaskForm):  # type: ignore[misc]
    """Name, language and colour."""

    name = StringField(
        _("Name of the site"),
        validators=[DataRequired(_("A site needs a name.")), Length(max=100)],
        filters=[lambda text: " ".join((text or "").split())],
    )
    language = SelectField(
        _("Language for those who ask for none"),
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )
    accent = ColorField(
        _("Colour"),
        validators=[Regexp(r"#[0-9a-fA-F]{6}\Z", message=_("Choose a colour."))],
    )


class LogoForm(FlaskForm):  # type: ignore[misc]
    """A picture for the head of pages and mails."""

    picture = FileField(_("Picture"), validators=[FileRequired(_("Choose a picture."))])
