"""What an episode is asked about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from episodes.chapters import (
    MAX_BYTES,
    Chapter,
    ChaptersRefused,
    chapters_from_text,
    check_chapters,
    from_rows,
    read_chapters,
    to_rows,
)
from episodes.episodes import MOST
from episodes.links import secure_link
from episodes.models import Episode, Show
from episodes.pictures import is_stored
from podcast_server.pages.plain_fields import MomentField, WholeNumberField
from podcast_server.pages.studio.persons import (
    add_empty_row,
    person_rows,
    persons_field,
    persons_said,
)
from podcast_server.pages.studio.plans.forms import CURRENCIES

_EXPLICIT = {"": None, "yes": True, "no": False}


class EpisodeForm(FlaskForm):  # type: ignore[misc]
    """The words of an episode and who may hear it."""

    title = StringField(
        _("Title"), validators=[DataRequired(_("An episode needs a title.")), Length(max=255)]
    )
    notes = TextAreaField(_("Show notes"), validators=[Length(max=100_000)])
    number = WholeNumberField(_("Number"), validators=[Optional(), NumberRange(1, MOST)])
    season = WholeNumberField(_("Season"), validators=[Optional(), NumberRange(1, MOST)])
    type = SelectField(
        _("Kind"),
        choices=[
            SelectChoice("full", _("Episode")),
            SelectChoice("trailer", _("Trailer")),
            SelectChoice("bonus", _("Bonus")),
        ],
    )
    explicit = SelectField(
        _("For adults (explicit)"),
        choices=[
            SelectChoice("", _("As the show")),
            SelectChoice("no", _("No")),
            SelectChoice("yes", _("Yes")),
        ],
    )
    link = StringField(_("Link"), validators=[Length(max=2000)])
    audience = RadioField(
        _("Who may hear it?"),
        choices=[
            SelectChoice("members", _("Members")),
            SelectChoice("free", _("Everyone")),
            SelectChoice("tiers", _("Members of certain tiers")),
            SelectChoice("sale", _("Only those who buy it")),
        ],
    )
    tiers = SelectMultipleField(
        _("Tiers"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    price = StringField(_("Price"), validators=[Length(max=20)])
    currency = SelectField(_("Currency"), validate_choice=False)
    public_at = MomentField(_("Free for everyone from"), validators=[Optional()])
    publish_at = MomentField(_("Comes out"), validators=[Optional()])
    chapters = TextAreaField(_("Chapters"), validators=[Length(max=100_000)])
    chapters_json = HiddenField(validators=[Length(max=MAX_BYTES)])  # the desk's, if it was used
    chapters_from_notes = BooleanField(_("Take chapters from the times in the notes"))
    seen = HiddenField(validators=[Length(max=2000)])  # what the page was made of: see seen.py
    persons = persons_field()

    @classmethod
    def of(cls, episode: Episode, show: Show) -> EpisodeForm:
        """Filled with what the episode says now; a sent form wins."""
        zone = ZoneInfo(show.time_zone)
        plain = ("title", "notes", "number", "season", "type", "link", "audience")
        said = {name: getattr(episode, name) for name in plain}
        said |= {
            "explicit": next(
                word for word, value in _EXPLICIT.items() if value is episode.explicit
            ),
            "tiers": list(episode.tier_ids),
            "public_at": _local(episode.public_at, zone),
            "publish_at": _local(episode.publish_at, zone),
            "chapters": chapter_lines(from_rows(episode.chapters)),
            "persons": person_rows(episode.persons),
        }
        form: EpisodeForm = cls(data=said)
        add_empty_row(form.persons, show.id, "guest")
        form.tiers.choices = [SelectChoice(tier.id, tier.name) for tier in show.tiers]
        return form

    def fields(self, episode: Episode, show: Show) -> dict[str, Any]:
        """The episode's fields as sent. Raises ChaptersRefused."""
        plain = ("title", "notes", "number", "season", "type", "link", "audience")
        fields = {name: self[name].data for name in plain}
        fields["notes"] = (fields["notes"] or "").replace("\r\n", "\n")
        fields["explicit"] = _EXPLICIT[self.explicit.data]
        fields["tier_ids"] = list(self.tiers.data) if self.audience.data == "tiers" else []
        fields["public_at"] = moment_in(self.public_at.data, show.time_zone)
        length = episode.audio.duration if episode.audio else None
        fields["chapters"] = to_rows(check_chapters(self._chapters(episode), length))
        fields["persons"] = persons_said(self.persons, episode.persons)
        return fields

    def offer_currency(self, currency: str) -> None:
        """The currencies to choose from, with the one that a price is in."""
        codes = dict.fromkeys((currency, *CURRENCIES))
        self.currency.choices = [SelectChoice(code, code.upper()) for code in codes]

    @property
    def time_is_emptied(self) -> bool:
        """Whether the form came with the time left empty."""
        return bool(self.publish_at.raw_data) and self.publish_at.data is None

    def time(self, episode: Episode, show: Show) -> datetime | None:
        """When it is to come out, by the form; to the second as it was where nobody typed."""
        new = self.new_time(episode, show)
        return episode.publish_at if new is None and not self.time_is_emptied else new

    def sent_time(self, episode: Episode, show: Show) -> dict[str, datetime | None]:
        """The time as a field among the others, where the form came with one."""
        return {"publish_at": self.time(episode, show)} if self.publish_at.raw_data else {}

    def new_time(self, episode: Episode, show: Show) -> datetime | None:
        """The time that was typed, None where it is still the one shown or none at all."""
        typed, was = self.publish_at.data, _local(episode.publish_at, ZoneInfo(show.time_zone))
        if not self.publish_at.raw_data or typed is None:
            return None
        if was is not None and typed == was.replace(second=0, microsecond=0):
            return None
        return moment_in(typed, show.time_zone)

    def _chapters(self, episode: Episode) -> list[Chapter]:
        if self.chapters_json.data and not self.chapters_from_notes.data:
            return read_desk(self.chapters_json.data, episode.show_id)
        from_notes = self.notes if self.chapters_from_notes.data else self.chapters
        written = read_chapter_lines((from_notes.data or "").replace("\r\n", "\n"))
        return _merge(written, from_rows(episode.chapters))


class FilesForm(FlaskForm):  # type: ignore[misc]
    """A transcript or a cover for an episode."""

    file = FileField(_("File"))


def moment_in(local: datetime | None, zone: str) -> datetime | None:
    """A time as the clock on the show's wall says it. One that the change to summer time skips
    comes an hour later; one that comes twice is the first."""
    return None if local is None else local.replace(tzinfo=ZoneInfo(zone))


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


def chapter_lines(chapters: list[Chapter]) -> str:
    """One chapter a line: time, title, and after a bar its link."""
    return "\n".join(
        f"{_clock(each.start)} {each.title}" + (f" | {each.url}" if each.url else "")
        for each in chapters
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def read_chapter_lines(text: str) -> list[Chapter]:
    """What ``chapter_lines`` wrote, or a person did. Lines without a time are no chapters."""
    found = []
    for chapter in chapters_from_text(text):
        title, bar, url = chapter.title.partition(" | ")
        link = url.strip() if bar and url.strip().startswith(("https://", "http://")) else None
        found.append(Chapter(chapter.start, title.strip(), url=link))
    return found


def read_desk(text: str, show_id: int) -> list[Chapter]:
    """What the chapter desk sends: a JSON Chapters document. Raises ChaptersRefused.

    A file from elsewhere may lose a link that apps refuse; what somebody types here may not.
    A picture that we keep must be this show's.
    """
    chapters = read_chapters(text.encode())
    rows = json.loads(text)["chapters"]
    for number, row in enumerate(rows, 1):
        for name in ("url", "img"):
            link = str(row.get(name) or "").strip()
            if name == "img" and is_stored(link) and link.startswith(f"shows/{show_id}/"):
                continue
            if link and not (secure_link(link) or "").startswith("https://"):
                raise ChaptersRefused(
                    f"chapter {number} has a link that does not begin with https://"
                )
    return chapters


def _merge(written: list[Chapter], known: list[Chapter]) -> list[Chapter]:
    """Keep what lines cannot say: fractions of a second, pictures, ends.

    A line is the chapter that says the same, else the one at the same second (its words were
    changed), else the one of the same title (it was moved; its end and fraction are gone then).
    """
    by_line = {(int(each.start), each.title, each.url): each for each in known}
    lines = {(int(each.start), each.title, each.url) for each in written}
    changed = [each for line, each in by_line.items() if line not in lines]
    at_second = {int(each.start): each for each in changed}
    titled = {each.title: each for each in changed if each.title}

    def meant(line: Chapter) -> Chapter:
        if same := by_line.get((int(line.start), line.title, line.url)):
            return same
        if there := at_second.get(int(line.start)):
            return replace(there, title=line.title, url=line.url)
        if moved := titled.get(line.title):
            return replace(line, image=moved.image, toc=moved.toc)
        return line

    return [meant(line) for line in written]
