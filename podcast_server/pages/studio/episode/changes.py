"""What was changed in an episode, in the podcaster's words: of versions and of conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.history import Change, changes_in, differs, snapshot_of, versions_of
from episodes.models import Audio, Episode, EpisodeVersion, Show
from podcast_server.i18n import format_clock, format_moment
from podcast_server.pages.studio.known import N_
from podcast_server.pages.studio.words import audience_words

LABELS = {
    "title": N_("Title"),
    "notes": N_("Show notes"),
    "author": N_("Who made it"),
    "link": N_("Link"),
    "season": N_("Season"),
    "season_name": N_("Name of the season"),
    "number": N_("Number"),
    "type": N_("Kind"),
    "explicit": N_("For adults (explicit)"),
    "audience": N_("Who may hear it?"),
    "tier_ids": N_("Tiers"),
    "public_at": N_("Free for everyone from"),
    "publish_at": N_("Comes out"),
    "chapters": N_("Chapters"),
    "persons": N_("Guests and hosts"),
    "artwork_key": N_("Artwork of this episode"),
    "transcripts": N_("Transcript"),
    "audio": N_("Audio"),
    "preview": N_("Preview"),
}
_KINDS = {"full": N_("Episode"), "trailer": N_("Trailer"), "bonus": N_("Bonus")}
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Said:
    """One field that was changed; short ones with what was before and after."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ToldVersion:
    """An earlier version, what was changed then, and what of it can be brought back."""

    version: EpisodeVersion
    who: str
    changes: list[Said]
    words: bool
    sound: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What values refer to: tiers by id, lengths of audio (seconds) by key, the show's zone."""

    zone: str
    tiers: Mapping[int, str]
    lengths: Mapping[str, float] = field(default_factory=dict)


def told_versions(database: Session, episode: Episode, show: Show) -> list[ToldVersion]:
    """An episode's versions, newest first."""
    versions, present = versions_of(database, episode.id), snapshot_of(episode)
    newer, found = present, []
    for version in versions:
        found.append((version, changes_in(version, newer)))
        newer = version.fields
    known = known_of(database, show, [change for _, changes in found for change in changes])
    return [
        ToldVersion(
            version,
            _who(version.by),
            said_of(changes, known),
            words=differs(version, present, "words"),
            sound=differs(version, present, "sound"),
        )
        for version, changes in found
    ]


def known_of(database: Session, show: Show, changes: Iterable[Change] = ()) -> Known:
    """What is needed to tell these changes."""
    keys = {
        key for each in changes if each.name == "audio" for key in (each.before, each.after) if key
    }
    found = database.scalars(select(Audio).where(Audio.object_key.in_(keys)))
    lengths = {each.object_key: each.duration for each in found}
    return Known(show.time_zone, {each.id: each.name for each in show.tiers}, lengths)


def said_of(changes: Iterable[Change], known: Known) -> list[Said]:
    """In plain words; several fields of a preview are one."""
    said: dict[str, Said] = {}
    for each in changes:
        name = "preview" if each.name.startswith("preview") else each.name
        words = _WORDS.get(name, _nothing)
        before, after = words(each.before, known), words(each.after, known)
        short = "" if before == after else before
        said[name] = Said(str(gettext(LABELS[name])), short, after if short else "")
    return list(said.values())


def _who(by: str) -> str:
    if by == "cli":
        return str(gettext("the command line"))
    return by or str(gettext("by itself"))


def _nothing(_value: Any, _known: Known) -> str:
    return ""


def _text(value: Any, _known: Known) -> str:
    text = "" if value is None else str(value)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "–"


def _kind(value: Any, _known: Known) -> str:
    return str(gettext(_KINDS[value])) if value in _KINDS else "–"


def _explicit(value: Any, _known: Known) -> str:
    if value is None:
        return str(gettext("As the show"))
    return str(gettext("Yes") if value else gettext("No"))


def _audience(value: Any, _known: Known) -> str:
    return audience_words(value or "")


def _tiers(value: Any, known: Known) -> str:
    return ", ".join(known.tiers.get(each, "?") for each in value or []) or "–"


def _moment(value: Any, known: Known) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return "–" if moment is None else format_moment(moment, known.zone)


def _chapters(value: Any, _known: Known) -> str:
    return str(ngettext("%(num)d chapter", "%(num)d chapters", len(value or [])))


def _persons(value: Any, known: Known) -> str:
    return _text(", ".join(str(each.get("name", "")) for each in value or []), known)


def _transcripts(value: Any, _known: Known) -> str:
    return ", ".join(str(each["extension"]).upper() for each in value or []) or "–"


def _audio(value: Any, known: Known) -> str:
    return format_clock(known.lengths[value]) if value in known.lengths else "–"


_WORDS: dict[str, Callable[[Any, Known], str]] = {
    "title": _text,
    "author": _text,
    "link": _text,
    "season": _text,
    "season_name": _text,
    "number": _text,
    "type": _kind,
    "explicit": _explicit,
    "audience": _audience,
    "tier_ids": _tiers,
    "public_at": _moment,
    "publish_at": _moment,
    "chapters": _chapters,
    "persons": _persons,
    "transcripts": _transcripts,
    "audio": _audio,
}
