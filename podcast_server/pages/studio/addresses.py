"""A validator for addresses that people type."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import Field, Form, ValidationError

from episodes.errors import BadField
from episodes.links import check_web


def check_address(_form: Form, field: Field) -> None:
    """What is typed, if anything, leads to the web, encrypted. Raises ValidationError."""
    typed = (field.data or "").strip()
    if not typed:
        return
    try:
        check_web(field.name, typed)
    except BadField as error:
        said = gettext("Must be a web address such as https://example.org.")
        raise ValidationError(said) from error
