"""A gift to make out, and a code to type."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from podcast_server.pages.checkout.forms import BuyerForm
from podcast_server.pages.plain_fields import DayField


class GiveForm(BuyerForm):
    """For how long, for whom, and what it says."""

    length = RadioField(_("For how long?"), validate_choice=True)
    recipient_name = StringField(_("Who is it for?"), validators=[Length(max=255)])
    recipient_email = EmailField(_("Their e-mail address"), validators=[Length(max=320)])
    send_on = DayField(_("When shall it arrive?"), validators=[Optional()])
    message = TextAreaField(_("A few words"), validators=[Length(max=2000)])


class RedeemForm(FlaskForm):  # type: ignore[misc]
    """The code, and whose feed it shall open."""

    code = StringField(
        _("Your code"), validators=[DataRequired(_("Type the code.")), Length(max=100)]
    )
    email = EmailField(_("Your e-mail address"), validators=[Length(max=320)])
