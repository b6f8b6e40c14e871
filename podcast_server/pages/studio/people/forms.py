"""Inviting somebody."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, RadioField, SelectChoice
from wtforms.validators import DataRequired, Length

from episodes.models import Show


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Whom, and to what: "owner", or a role for one show ("editor:3")."""

    email = EmailField(
        _("E-mail address"), validators=[DataRequired(_("Type an address.")), Length(max=320)]
    )
    what = RadioField(_("May do"))

    def offer(self, shows: list[Show]) -> InviteForm:
        """Fill in what there is to choose from."""
        # Not lazily: lazy texts count as safe HTML, and a title is what somebody typed.
        choices = []
        for show in shows:
            everything = gettext("%(show)s: everything but people", show=show.title)
            numbers = gettext("%(show)s: look at the numbers", show=show.title)
            choices.append(SelectChoice(f"editor:{show.id}", everything))
            choices.append(SelectChoice(f"analyst:{show.id}", numbers))
        choices.append(SelectChoice("owner", _("Owner: everything, people too")))
        self.what.choices = choices
        if self.what.data is None:
            self.what.data = choices[0].value if shows else None
        return self
