"""What a plan is asked about."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from episodes.models import Show
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Plan
from podcast_server.billing.money import parse_money
from podcast_server.billing.plans import PriceTerms

CURRENCIES = ("eur", "usd", "gbp", "chf", "cad", "aud", "sek", "nok", "dkk", "pln", "jpy")


class WordsForm(FlaskForm):  # type: ignore[misc]
    """How a plan reads, and who may join."""

    name = StringField(
        _("Name"), validators=[DataRequired(_("A plan needs a name.")), Length(max=255)]
    )
    description = StringField(_("One sentence"), validators=[Length(max=500)])
    benefits = TextAreaField(_("What they get"), validators=[Length(max=5000)])
    trial_days = IntegerField(
        _("Free days at the beginning"), default=0, validators=[Optional(), NumberRange(0, 365)]
    )
    places = IntegerField(
        _("At most so many members"), validators=[Optional(), NumberRange(1, 10_000_000)]
    )
    position = IntegerField(
        _("Place in the list"), default=0, validators=[Optional(), NumberRange(0, 1000)]
    )
    recommended = BooleanField(_("Recommended: stands out on the page"))

    @classmethod
    def of(cls, plan: Plan) -> WordsForm:
        """Filled with what the plan says now."""
        names = ("name", "description", "trial_days", "places", "position", "recommended")
        said = {name: getattr(plan, name) for name in names}
        form: WordsForm = cls(data=said | {"benefits": "\n".join(plan.benefits)})
        return form

    def fields(self) -> dict[str, Any]:
        """The plan's fields as sent."""
        return {
            "name": self.name.data,
            "description": self.description.data or "",
            "benefits": [
                each.strip() for each in (self.benefits.data or "").splitlines() if each.strip()
            ],
            "trial_days": self.trial_days.data or 0,
            "places": self.places.data,
            "position": self.position.data or 0,
            "recommended": bool(self.recommended.data),
        }


class NewPlanForm(WordsForm):
    """With its first prices. Without any it is free and costs an e-mail address."""

    month = StringField(_("Price a month"), validators=[Length(max=20)])
    year = StringField(_("Price a year"), validators=[Length(max=20)])
    minimum = StringField(_("People may pay less, but at least"), validators=[Length(max=20)])
    currency = SelectField(
        _("Currency"), choices=[SelectChoice(code, code.upper()) for code in CURRENCIES]
    )
    tier = SelectField(_("What it opens"))
    free = BooleanField(_("Free: only an e-mail address is asked"))

    def offer(self, show: Show) -> NewPlanForm:
        """Fill in the tiers there are."""
        everything = SelectChoice("0", _("All members’ episodes"))
        self.tier.choices = [everything, *(SelectChoice(str(t.id), t.name) for t in show.tiers)]
        return self

    def validate_free(self, field: BooleanField) -> None:
        """A price, or free: one of the two has to be said."""
        if bool(self.month.data or self.year.data) == bool(field.data):
            raise ValidationError(gettext("Give a price, or make it free."))

    def prices(self) -> list[PriceTerms]:
        """The prices as sent. Raises AmountRefused."""
        currency = self.currency.data
        least = parse_money(self.minimum.data, currency) if self.minimum.data else None
        prices = []
        if self.month.data:
            month = parse_money(self.month.data, currency)
            prices.append(PriceTerms(month, Interval("month"), least))
        if self.year.data:
            prices.append(PriceTerms(parse_money(self.year.data, currency), Interval("year")))
        return prices


class PriceForm(FlaskForm):  # type: ignore[misc]
    """A new price in place of an old one."""

    amount = StringField(_("New price"), validators=[DataRequired(), Length(max=20)])
    move = BooleanField(_("Move present members to it, from their next period on"))
