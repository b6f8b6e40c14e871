"""What is asked about a show that comes from another host."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import Length

from episodes.models import Show


class FeedForm(FlaskForm):  # type: ignore[misc]
    """Where the feed is."""

    address = StringField(_("Address of the feed"), validators=[Length(max=4000)])
    name = StringField(_("Name"), validators=[Length(max=255)])
    password = PasswordField(_("Password"), validators=[Length(max=255)])
    file = FileField(_("Or a file"))
    into = SelectField(_("Its episodes become"))

    def offer(self, shows: list[Show]) -> FeedForm:
        """The shows that can take it in."""
        self.into.choices = [
            SelectChoice("", _("a new show")),
            *(SelectChoice(show.slug, show.title) for show in shows),
        ]
        return self


class StartForm(FlaskForm):  # type: ignore[misc]
    """How it shall come."""

    audience = SelectField(
        _("Who may hear these episodes"),
        choices=[
            SelectChoice("members", _("Members")),
            SelectChoice("free", _("Everyone")),
        ],
    )
    mirror = BooleanField(_("Follow the old host: bring its new episodes too"))
    mine = BooleanField(_("This show is mine, or I may bring it over"))
