"""Where a show is elsewhere on the web, in a form: a row each, and an empty one more."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, StringField, URLField
from wtforms.validators import Length

from episodes.links import secure_link
from podcast_server.pages.studio.addresses import check_address

MOST = 12


class LinkForm(Form):  # type: ignore[misc]
    """One place; without an address the row does not count."""

    text = StringField(_("Name"), validators=[Length(max=64)])
    url = URLField(_("Address"), validators=[Length(max=2000), check_address])


def links_field() -> FieldList:
    """The field; ``add_empty_link`` opens it."""
    return FieldList(FormField(LinkForm), max_entries=MOST + 1)


def add_empty_link(field: FieldList) -> None:
    """One row more than there are links."""
    if len(field) <= MOST and (not len(field) or (field[-1].form.url.data or "").strip()):
        field.append_entry({})


def links_said(field: FieldList) -> list[dict[str, str]]:
    """The links as they are stored; one without a name has its host's."""
    rows = [entry.form for entry in field if (entry.form.url.data or "").strip()]
    return [_link(row.text.data or "", row.url.data.strip()) for row in rows[:MOST]]


def _link(text: str, address: str) -> dict[str, str]:
    url = secure_link(address) or address
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    return {"text": text.strip() or host[:64], "url": url}
