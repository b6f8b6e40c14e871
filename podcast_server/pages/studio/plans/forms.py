"""What a plan is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from episodes.models import Show
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Plan
from podcast_server.billing.money import parse_money
from podcast_server.billing.plans import PriceTerms
from podcast_server.pages.plain_fields import DayField, WholeNumberField
from podcast_server.pages.studio.amounts import check_amount

CURRENCIES = ("eur", "usd", "gbp", "chf", "cad", "aud", "sek", "nok", "dkk", "pln", "jpy")
NEW_TIER = "new"

OTHERS = {
    "1 week": _("for one week"),
    "3 month": _("for three months"),
    "6 month": _("for six months"),
    "2 year": _("for two years"),
    "once": _("for good, paid once"),
}


class WordsForm(FlaskForm):  # type: ignore[misc]
    """How a plan reads, and who may join."""

    name = StringField(
        _("Name"), validators=[DataRequired(_("A plan needs a name.")), Length(max=255)]
    )
    description = StringField(_("One sentence"), validators=[Length(max=500)])
    benefits = TextAreaField(_("What they get"), validators=[Length(max=5000)])
    trial_days = WholeNumberField(
        _("Free days at the beginning"), default=0, validators=[Optional(), NumberRange(0, 365)]
    )
    places = WholeNumberField(
        _("At most so many members"), validators=[Optional(), NumberRange(1, 10_000_000)]
    )
    position = WholeNumberField(
        _("Place in the list"), default=0, validators=[Optional(), NumberRange(0, 1000)]
    )
    closes_on = DayField(_("Nobody joins after"), validators=[Optional()])
    recommended = BooleanField(_("Recommended: stands out on the page"))

    @classmethod
    def of(cls, plan: Plan, zone: str) -> WordsForm:
        """Filled with what the plan says now; days are those of ``zone``."""
        closes = plan.closes_at.astimezone(ZoneInfo(zone)).date() if plan.closes_at else None
        names = ("name", "description", "trial_days", "places", "position", "recommended")
        said = {name: getattr(plan, name) for name in names}
        last = closes - timedelta(days=1) if closes else None
        form: WordsForm = cls(data=said | {"benefits": "\n".join(plan.benefits), "closes_on": last})
        return form

    def fields(self, zone: str) -> dict[str, Any]:
        """The plan's fields as sent; days are those of ``zone``."""
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
            "closes_at": _end_of(self.closes_on.data, zone),
        }


def _end_of(day: date | None, zone: str) -> datetime | None:
    """The midnight at which a day is over; None for never."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


class NewPlanForm(WordsForm):
    """With its first prices. Without any it is free and costs an e-mail address."""

    month = StringField(_("Price a month"), validators=[Length(max=20), check_amount])
    year = StringField(_("Price a year"), validators=[Length(max=20), check_amount])
    minimum = StringField(
        _("People may pay less, but at least"), validators=[Length(max=20), check_amount]
    )
    currency = SelectField(
        _("Currency"), choices=[SelectChoice(code, code.upper()) for code in CURRENCIES]
    )
    other = StringField(_("Another price"), validators=[Length(max=20), check_amount])
    every = SelectField(
        _("How long that price lasts"),
        choices=[SelectChoice(name, words) for name, words in OTHERS.items()],
        validate_choice=False,
    )
    tier = SelectField(_("What it opens"))
    new_tier = StringField(_("Name of the new tier"), validators=[Length(max=255)])
    also = SelectMultipleField(_("Also opens all of"), validators=[Optional()])
    free = BooleanField(_("Free: only an e-mail address is asked"))

    def offer(self, show: Show, others: Sequence[Show]) -> NewPlanForm:
        """Fill in the tiers there are, and the other shows that may come with it."""
        self.also.choices = [SelectChoice(other.slug, other.title) for other in others]
        everything = SelectChoice("0", _("All members’ episodes"))
        self.tier.choices = [
            everything,
            *(SelectChoice(str(each.id), each.name) for each in show.tiers),
            SelectChoice(NEW_TIER, _("A new tier …")),
        ]
        return self

    def validate_new_tier(self, field: StringField) -> None:
        """A new tier has a name."""
        if self.tier.data == NEW_TIER and not (field.data or "").strip():
            raise ValidationError(gettext("Give the new tier a name."))

    def validate_free(self, field: BooleanField) -> None:
        """A price, or free: one of the two has to be said."""
        if bool(self.month.data or self.year.data or self.other.data) == bool(field.data):
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
        if self.other.data:
            every = self.every.data if self.every.data in OTHERS else "3 month"
            interval = None if every == "once" else _interval(every)
            prices.append(PriceTerms(parse_money(self.other.data, currency), interval))
        return prices


def _interval(text: str) -> Interval:
    count, unit = text.split()
    return Interval(unit, int(count))  # type: ignore[arg-type]


class PriceForm(FlaskForm):  # type: ignore[misc]
    """A new price in place of an old one."""

    amount = StringField(
        _("New price"), validators=[DataRequired(_("Type a price.")), Length(max=20)]
    )
    move = BooleanField(_("Move present members to it, from their next period on"))
