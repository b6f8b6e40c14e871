"""Persons of a show or an episode in a form: a row for each, and always an empty one more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    URLField,
)
from wtforms.validators import Length

from episodes.artwork import MAX_BYTES
from episodes.errors import EpisodeError
from episodes.links import secure_link
from episodes.pictures import is_stored
from podcast_server.pages.person_roles import group_of, role_choices
from podcast_server.pages.studio.addresses import check_address
from podcast_server.pages.studio.reasons import reason

MOST = 50
MOST_BYTES = 3 * MAX_BYTES + 1024 * 1024  # of a request: a few pictures at once
_ASKED = ("name", "role", "group", "href", "img")


class PersonForm(Form):  # type: ignore[misc]
    """One person; without a name the row does not count."""

    name = StringField(_("Name"), validators=[Length(max=128)])
    role = SelectField(_("Role"), validate_choice=False)
    href = URLField(_("Link"), validators=[Length(max=2000), check_address])
    file = FileField(_("Picture"))
    address = URLField(_("… or the address of one"), validators=[Length(max=2000), check_address])
    kept = HiddenField(validators=[Length(max=512)])  # the key of a picture that we keep
    no_picture = BooleanField(_("Without a picture"))

    def picture(self) -> str:
        """What was chosen: an address typed, else the picture that we keep."""
        if self.no_picture.data:
            return ""
        return (self.address.data or "").strip() or str(self.kept.data or "")


def persons_field() -> FieldList:
    """The field, to be filled by ``person_rows`` and opened by ``add_empty_row``."""
    return FieldList(FormField(PersonForm), max_entries=MOST + 1)


def person_rows(persons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the field says of these persons."""
    return [_row(person) for person in persons[:MOST]]


def person_lines(persons: list[dict[str, Any]]) -> str:
    """The same as text, a line each."""
    rows = [(row["name"], row["role"], row["href"]) for row in person_rows(persons)]
    return "\n".join(", ".join(filter(None, row)) for row in rows)


def _row(person: dict[str, Any]) -> dict[str, Any]:
    picture = str(person.get("img") or "")
    stored = is_stored(picture)
    return {
        "name": str(person.get("name") or ""),
        "role": str(person.get("role") or "host").lower(),
        "href": str(person.get("href") or ""),
        "address": "" if stored else picture,
        "kept": picture if stored else "",
    }


def add_empty_row(field: FieldList, show_id: int, role: str) -> None:
    """One row more than there are persons, and what the rows may say."""
    if len(field) <= MOST and (not len(field) or (field[-1].form.name.data or "").strip()):
        field.append_entry({"role": role})
    for entry in field:
        row = entry.form
        row.role.choices = role_choices(row.role.data or "")
        kept = str(row.kept.data or "")
        if not (is_stored(kept) and kept.startswith(f"shows/{show_id}/")):
            row.kept.data = ""  # only a picture of this very show


def store_pictures(field: FieldList, store: Callable[[bytes], str]) -> bool:
    """Keep the pictures that were sent, before the transaction; False where one was refused.

    ``store`` gives the key of what it kept, or raises EpisodeError.
    """
    good = True
    for entry in field:
        row = entry.form
        if not row.file.data:
            continue
        try:
            row.kept.data = store(row.file.data.read(MAX_BYTES + 1))
        except EpisodeError as error:
            row.file.errors = [reason(error)]
            good = False
        else:
            row.address.data, row.no_picture.data = "", False
    return good


def persons_said(field: FieldList, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The persons as they are stored; what the form does not ask about stays as it was."""
    by_name = {str(each.get("name")): each for each in known}
    rows = [entry.form for entry in field if (entry.form.name.data or "").strip()]
    return [_person(row, by_name.get(row.name.data.strip(), {})) for row in rows[:MOST]]


def _person(row: PersonForm, known: dict[str, Any]) -> dict[str, Any]:
    role = (row.role.data or "guest").strip().lower()[:64]
    said = {
        "name": row.name.data.strip(),
        "role": role,
        "group": group_of(role, str(known.get("group") or "cast")),
        "href": secure_link((row.href.data or "").strip()) or "",
        "img": row.picture(),
    }
    rest = {name: value for name, value in known.items() if name not in _ASKED}
    return rest | {name: value for name, value in said.items() if value}
