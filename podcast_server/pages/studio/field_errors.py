"""Errors of the domain, put beside the form field they are about."""

from __future__ import annotations

from flask import flash
from flask_wtf import FlaskForm

from episodes.errors import BadField, EpisodeError
from podcast_server.pages.studio.reasons import reason


def show_error(form: FlaskForm, error: EpisodeError) -> None:
    """Mark the field an error names; say the others on top of the page."""
    if isinstance(error, BadField) and error.field in form:
        form[error.field].errors = [*form[error.field].errors, reason(error)]
        return
    flash(reason(error), "danger")
