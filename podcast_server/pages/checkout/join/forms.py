"""Which price, and for whom."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField
from wtforms.validators import Length

from podcast_server.pages.checkout.forms import AmountForm


class JoinForm(AmountForm):
    """A price of the plan, perhaps an amount of one's own, perhaps a code."""

    price = RadioField(_("How would you like to pay?"), validate_choice=True)
    code = StringField(_("Code, if you have one"), validators=[Length(max=40)])
