"""What a sale and a code are asked about."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput

from episodes.models import Episode
from podcast_server.billing.money import parse_money
from podcast_server.billing.plans import PriceTerms
from podcast_server.pages.plain_fields import DayField, WholeNumberField
from podcast_server.pages.studio.amounts import check_amount
from podcast_server.pages.studio.plans.forms import CURRENCIES


def _currency() -> SelectField:
    choices = [SelectChoice(code, code.upper()) for code in CURRENCIES]
    return SelectField(_("Currency"), choices=choices)


class SaleForm(FlaskForm):  # type: ignore[misc]
    """Episodes and seasons sold together, once and for ever."""

    name = StringField(
        _("Name"), validators=[DataRequired(_("A sale needs a name.")), Length(max=255)]
    )
    description = StringField(_("One sentence"), validators=[Length(max=500)])
    price = StringField(
        _("Price"),
        validators=[DataRequired(_("Type a price.")), Length(max=20), check_amount],
    )
    minimum = StringField(
        _("People may pay less, but at least"), validators=[Length(max=20), check_amount]
    )
    currency = _currency()
    what = SelectMultipleField(
        _("What is in it"),
        validators=[DataRequired(_("Choose at least one episode or season."))],
        option_widget=CheckboxInput(),
    )

    def offer(self, seasons: Sequence[int], episodes: Sequence[Episode]) -> SaleForm:
        """Fill in what there is to sell."""
        self.what.choices = [
            *(SelectChoice(f"s{each}", str(gettext("Season %(n)s", n=each))) for each in seasons),
            *(SelectChoice(f"e{each.id}", each.title) for each in episodes),
        ]
        return self

    def terms(self) -> PriceTerms:
        """The price as sent. Raises AmountRefused."""
        currency = self.currency.data
        least = parse_money(self.minimum.data, currency) if self.minimum.data else None
        return PriceTerms(parse_money(self.price.data, currency), None, least)


class CouponForm(FlaskForm):  # type: ignore[misc]
    """A code, what it takes off, and for whom."""

    code = StringField(
        _("Code"),
        validators=[DataRequired(_("Type the letters and digits of the code.")), Length(max=40)],
    )
    percent = WholeNumberField(_("Percent off"), validators=[Optional(), NumberRange(1, 100)])
    off = StringField(_("or an amount off"), validators=[Length(max=20), check_amount])
    currency = _currency()
    duration = SelectField(
        _("For how long"),
        choices=[
            SelectChoice("once", _("The first payment")),
            SelectChoice("months", _("Some months")),
            SelectChoice("forever", _("For ever")),
        ],
    )
    months = WholeNumberField(_("How many months"), validators=[Optional(), NumberRange(1, 120)])
    most_uses = WholeNumberField(
        _("At most so many times"), validators=[Optional(), NumberRange(1, 1_000_000)]
    )
    closes = DayField(_("Last day"), validators=[Optional()])
