"""How many seats, and who sits down."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, RadioField, StringField
from wtforms.validators import Length, NumberRange

from podcast_server.billing.seats import MOST_SEATS
from podcast_server.pages.checkout.forms import BuyerForm
from podcast_server.pages.plain_fields import WholeNumberField


class GroupForm(BuyerForm):
    """A group to pay for."""

    price = RadioField(_("How would you like to pay?"), validate_choice=True)
    seats = WholeNumberField(_("Seats"), default=5, validators=[NumberRange(1, MOST_SEATS)])
    name = StringField(_("Name of the group"), validators=[Length(max=255)])


class SeatForm(FlaskForm):  # type: ignore[misc]
    """Somebody who was invited."""

    email = EmailField(_("Your e-mail address"), validators=[Length(max=320)])
