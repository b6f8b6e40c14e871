"""What a show is asked about."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from markupsafe import Markup
from wtforms import (
    BooleanField,
    EmailField,
    FloatField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional
from wtforms.widgets import Select

from episodes.categories import CATEGORIES
from episodes.models import Show
from podcast_server.pages.plain_fields import WholeNumberField
from podcast_server.pages.studio.addresses import check_address
from podcast_server.pages.studio.persons import (
    add_empty_row,
    person_rows,
    persons_field,
    persons_said,
)
from podcast_server.pages.studio.show.category_words import category_words
from podcast_server.pages.studio.show.links import add_empty_link, links_field, links_said

LANGUAGES = (
    *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ja", "ko"),
    *("zh", "ar", "he", "hi", "tr", "uk", "ru", "el", "hu", "ro", "ca", "id", "vi"),
)


PLACES = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}


def language_choices() -> list[SelectChoice]:
    """The languages podcasts are most often made in, each by its own name."""
    return [
        SelectChoice(code, (Locale(code).get_display_name() or code).capitalize())
        for code in LANGUAGES
    ]


def zone_choices(now: str | None) -> list[SelectChoice]:
    """The time zones of places, and the one that was chosen by another name."""
    known = _known_zones()
    zones = {zone for zone in known if zone.partition("/")[0] in PLACES} | {"UTC"}
    return [SelectChoice(zone, zone) for zone in sorted(zones | ({now or "UTC"} & known))]


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    # Looks at some hundred files, which would be half of the time that a page takes.
    return frozenset(available_timezones())


class BareSelect(Select):  # type: ignore[misc]
    """A long list of values that are their own words, each written once."""

    @classmethod
    def render_option(cls, choice: SelectChoice, **more: Any) -> Markup:
        if choice.selected:
            return Markup("<option selected>{}</option>").format(choice.value)
        return Markup("<option>{}</option>").format(choice.value)


def category_choices() -> list[SelectChoice]:
    """Apple's categories as one list, in words: "Arts", "Arts / Books", …"""
    choices = [SelectChoice("", "–")]
    for top, subs in CATEGORIES.items():
        choices.append(SelectChoice(top, category_words(top)))
        choices += [
            SelectChoice(f"{top}/{sub}", f"{category_words(top)} / {category_words(sub)}")
            for sub in subs
        ]
    return choices


class NewShowForm(FlaskForm):  # type: ignore[misc]
    """Just enough to begin."""

    title = StringField(
        _("Title"), validators=[DataRequired(_("A show needs a title.")), Length(max=255)]
    )
    description = TextAreaField(_("What is it about?"), validators=[Length(max=20_000)])
    author = StringField(_("Who makes it?"), validators=[Length(max=255)])
    language = SelectField(_("Spoken language"), choices=language_choices)
    time_zone = SelectField(_("Time zone"), default="UTC", widget=BareSelect())

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.time_zone.choices = zone_choices(self.time_zone.data)


_PLAIN = (
    "title", "description", "author", "language", "time_zone", "owner_name", "owner_email",
    "link", "copyright", "explicit", "type", "public_feed", "archive_after_days",
    "archive_after_count", "preview_minutes", "funding_url", "funding_text",
)  # fmt: skip


class ShowForm(NewShowForm):
    """All that can be said of a show."""

    owner_name = StringField(_("Owner’s name"), validators=[Length(max=255)])
    owner_email = EmailField(_("Owner’s e-mail address"), validators=[Length(max=320)])
    link = URLField(_("Website"), validators=[Length(max=2000)])
    funding_url = URLField(_("Where to give"), validators=[Length(max=2000), check_address])
    funding_text = StringField(_("Its words"), validators=[Length(max=128)])
    links = links_field()
    copyright = StringField(_("Copyright"), validators=[Length(max=255)])
    explicit = BooleanField(_("For adults (explicit)"))
    type = SelectField(
        _("How it is heard"),
        choices=[
            SelectChoice("episodic", _("Newest first")),
            SelectChoice("serial", _("From the beginning, in order")),
        ],
    )
    category1 = SelectField(_("Category"), choices=category_choices)
    category2 = SelectField(_("Second category"), choices=category_choices)
    category3 = SelectField(_("Third category"), choices=category_choices)
    persons = persons_field()
    public_feed = SelectField(
        _("Members’ episodes in the public feed"),
        choices=[
            SelectChoice("teaser", _("Title and notes, without the audio")),
            SelectChoice("hidden", _("Nothing")),
        ],
    )
    archive_after_days = WholeNumberField(
        _("Free episodes turn members-only after so many days"),
        validators=[Optional(), NumberRange(min=1, max=36_500)],
    )
    archive_after_count = WholeNumberField(
        _("… or after so many newer episodes"),
        validators=[Optional(), NumberRange(min=1, max=100_000)],
    )

    preview_minutes = WholeNumberField(
        _("Minutes of members’ episodes that everybody may hear"),
        validators=[Optional(), NumberRange(min=1, max=10)],
    )

    @classmethod
    def of(cls, show: Show) -> ShowForm:
        """Filled with what a show says now; a sent form wins."""
        categories = ["/".join(part for part in row if part) for row in show.categories]
        categories = [*categories, "", "", ""][:3]
        plain = {name: getattr(show, name) for name in _PLAIN}
        form: ShowForm = cls(
            data=plain,
            persons=person_rows(show.persons),
            links=show.links,
            category1=categories[0],
            category2=categories[1],
            category3=categories[2],
        )
        add_empty_row(form.persons, show.id, "host")
        add_empty_link(form.links)
        return form

    def fields(self, show: Show) -> dict[str, Any]:
        """The show's fields as sent."""
        fields = {name: self[name].data for name in _PLAIN}
        chosen = [self.category1.data, self.category2.data, self.category3.data]
        fields["categories"] = [_category(text) for text in dict.fromkeys(chosen) if text]
        fields["links"] = links_said(self.links)
        fields["persons"] = persons_said(self.persons, show.persons)
        return fields


class ArtworkForm(FlaskForm):  # type: ignore[misc]
    """A picture, and which square of it: fractions of its width and height."""

    picture = FileField(_("Picture"), validators=[FileRequired(_("Choose a picture."))])
    left = FloatField(validators=[Optional(), NumberRange(0, 1)], default=None)
    top = FloatField(validators=[Optional(), NumberRange(0, 1)], default=None)
    side = FloatField(validators=[Optional(), NumberRange(0, 1)], default=None)


def _category(text: str) -> list[str | None]:
    top, _slash, sub = text.partition("/")
    return [top, sub or None]
