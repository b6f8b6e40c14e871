"""Where a show is elsewhere on the web, in a form: a row each, and an empty one more."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, StringField, URLField
from wtforms.validators import Length

from episodes.links import MAX_NAME, named_link
from episodes.shows import MOST_LINKS
from podcast_server.pages.studio.addresses import check_address


class LinkForm(Form):  # type: ignore[misc]
    """One place; without an address the row does not count."""

    text = StringField(_("Name"), validators=[Length(max=MAX_NAME)])
    url = URLField(_("Address"), validators=[Length(max=2000), check_address])


def links_field() -> FieldList:
    """The field; ``add_empty_link`` opens it."""
    return FieldList(FormField(LinkForm), max_entries=MOST_LINKS + 1)


def add_empty_link(field: FieldList) -> None:
    """One row more than there are links."""
    if len(field) <= MOST_LINKS and (not len(field) or (field[-1].form.url.data or "").strip()):
        field.append_entry({})


def links_said(field: FieldList) -> list[dict[str, str]]:
    """The links as they are stored; one without a name has its host's."""
    rows = [entry.form for entry in field if (entry.form.url.data or "").strip()]
    return [named_link(row.text.data or "", row.url.data) for row in rows[:MOST_LINKS]]
