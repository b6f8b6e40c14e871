"""What is asked about a member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from episodes.models import Show
from podcast_server.billing.models import Plan
from podcast_server.pages.plain_fields import DayField


class GiveForm(FlaskForm):  # type: ignore[misc]
    """A membership given by hand, with the reason that the ledger keeps."""

    tier = SelectField(_("What it opens"))
    until = DayField(_("Until the end of"), validators=[Optional()])
    reason = StringField(
        _("Reason"),
        validators=[DataRequired(_("Say why, for the member’s history.")), Length(max=255)],
    )

    def offer(self, show: Show, plans: Sequence[Plan], today: date) -> Self:
        """Fill in the tiers there are, and the plans with everything that they open; ``today``
        (on the show's clock) is the first day until which something can be given."""
        self.until.render_kw = {"min": today.isoformat()}
        self._today = today
        everything = SelectChoice("0", _("All members’ episodes"))
        self.tier.choices = [
            everything,
            *(SelectChoice(str(tier.id), tier.name) for tier in show.tiers),
            *(
                SelectChoice(f"plan:{plan.key}", gettext("The plan “%(name)s”", name=plan.name))
                for plan in plans
            ),
        ]
        return self

    def validate_until(self, field: DayField) -> None:
        """A day that is over would end at once what was meant to be given."""
        if field.data is not None and field.data < self._today:
            raise ValidationError(gettext("That day is over: choose today or a later day."))


class AddForm(GiveForm):
    """Somebody new, too."""

    email = EmailField(
        _("E-mail address"), validators=[DataRequired(_("Type an address.")), Length(max=320)]
    )
    name = StringField(_("Name"), validators=[Length(max=255)])


class NoteForm(FlaskForm):  # type: ignore[misc]
    """What the podcaster wants to remember; the member sees it in their data only."""

    name = StringField(_("Name"), validators=[Length(max=255)])
    note = TextAreaField(_("Notes"), validators=[Length(max=10_000)])
