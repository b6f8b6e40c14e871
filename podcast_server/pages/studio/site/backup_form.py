"""When backups are made and how many stay, as the owner chooses."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField
from wtforms.validators import NumberRange

from podcast_server.pages.plain_fields import WholeNumberField
from podcast_server.pages.studio.show.forms import BareSelect, zone_choices
from podcast_server.pages.studio.site.backup_words import rhythm_choices
from podcast_server.site.backup_plan import BackupPlan, Chosen


class BackupForm(FlaskForm):  # type: ignore[misc]
    """A rhythm, an hour on somebody's clock, and a number."""

    every = SelectField(_("How often"))
    hour = SelectField(
        _("At what hour"),
        coerce=int,
        choices=[SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24)],
    )
    zone = SelectField(_("Time zone"), widget=BareSelect())
    keep = WholeNumberField(
        _("How many to keep"),
        validators=[NumberRange(1, 1000, _("Between 1 and 1000."))],
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.every.choices = [SelectChoice(*each) for each in rhythm_choices()]
        self.zone.choices = zone_choices(self.zone.data)


def form_of(plan: BackupPlan, zone: str, *, sent: bool) -> BackupForm:
    """The form as it stands, or as it was sent; without what is the operator's."""
    known = plan.chosen or Chosen(every="daily", hour=3, zone=zone, keep=plan.keep)
    values = known.model_dump() | {"keep": plan.keep}
    form = BackupForm(data=values) if sent else BackupForm(formdata=None, data=values)
    if plan.operators_rhythm:
        del form.every, form.hour, form.zone
    if plan.operators_keep:
        del form.keep
    return form


def chosen_in(form: BackupForm, plan: BackupPlan, zone: str) -> Chosen:
    """What was chosen; of what is the operator's, what was chosen before."""
    before = plan.chosen or Chosen(every="daily", hour=3, zone=zone, keep=plan.keep)
    given = {field.name: field.data for field in form if field.name in Chosen.model_fields}
    return Chosen(**{**before.model_dump(), **given})
