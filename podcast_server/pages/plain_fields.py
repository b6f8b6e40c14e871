"""Form fields for numbers, days and moments that say in plain words what they could not read.

WTForms' own speak of integer and datetime values, and go on to say what range a number that is
none must lie in.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField, DateTimeLocalField, Field, Form, IntegerField
from wtforms.validators import StopValidation


class _Plain(Field):  # type: ignore[misc]
    """One sentence about what cannot be read, and none about what is empty: that is the
    validators' to judge."""

    data: Any
    wrong: object

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and not any(each.strip() for each in valuelist):
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(self.wrong)) from None

    def pre_validate(self, form: Form) -> None:
        if self.process_errors:
            raise StopValidation


class WholeNumberField(_Plain, IntegerField):  # type: ignore[misc]
    """A whole number."""

    wrong = _("Type a whole number.")


class DayField(_Plain, DateField):  # type: ignore[misc]
    """A day; where the browser offers no calendar, as it is typed."""

    wrong = _("Choose a day, or write it like 2027-01-31.")


class MomentField(_Plain, DateTimeLocalField):  # type: ignore[misc]
    """A day and a time on somebody's clock."""

    wrong = _("Choose a day and a time, or write them like 2027-01-31 18:00.")

    def __init__(self, *args: Any, **more: Any) -> None:
        written = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
        super().__init__(*args, format=list(written), **more)
