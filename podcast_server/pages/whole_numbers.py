"""A form field for whole numbers that says so in plain words."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import IntegerField


class WholeNumberField(IntegerField):  # type: ignore[misc]
    """Like WTForms' own, whose message speaks of integer values."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Type a whole number.")) from None
