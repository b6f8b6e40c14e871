"""How much, how often, and what to say."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from podcast_server.pages.checkout.forms import BuyerForm


class DonateForm(BuyerForm):
    """A tip."""

    amount = StringField(
        _("Amount"), validators=[DataRequired(_("Type an amount.")), Length(max=30)]
    )
    often = RadioField(
        _("How often?"),
        choices=[SelectChoice("once", _("Once")), SelectChoice("month", _("Every month"))],
        default="once",
    )
    name = StringField(_("Your name"), validators=[Length(max=80)])
    message = TextAreaField(_("A few words"), validators=[Length(max=1000)])
    wants_thanks = BooleanField(_("My name and words may be read by everybody"))
