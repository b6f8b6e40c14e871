"""A validator for amounts that people type."""

from __future__ import annotations

from wtforms import Field, Form, ValidationError

from podcast_server.billing.errors import AmountRefused
from podcast_server.billing.money import parse_money
from podcast_server.pages.studio.refusals import refusal


def check_amount(form: Form, field: Field) -> None:
    """What is typed, if anything, is an amount of the form's currency. Raises ValidationError."""
    if not field.data:
        return
    try:
        parse_money(field.data, form.currency.data)
    except AmountRefused as error:
        raise ValidationError(refusal(error)) from error
