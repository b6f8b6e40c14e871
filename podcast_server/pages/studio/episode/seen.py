"""Two who write about one episode at a time: what each form was opened with, and what clashes.

A form carries a short mark of every field as it was when the page was made. A field clashes
where it has been changed since and is not what the form says either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session

from episodes.chapters import from_rows
from episodes.errors import EpisodeError
from episodes.history import Change, versions_of
from episodes.models import Episode, Show
from podcast_server.pages.studio.episode.changes import Said, known_of, said_of
from podcast_server.pages.studio.episode.forms import EpisodeForm, chapter_lines
from podcast_server.pages.studio.persons import person_lines

FIELDS = (
    "title", "notes", "number", "season", "type", "explicit", "link", "audience", "tier_ids",
    "public_at", "publish_at", "chapters", "persons",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else has changed: in short, and the whole text where it is long."""

    said: Said
    theirs: str


class ChangedMeanwhile(EpisodeError):
    """The episode is not what the form was opened with; nothing was saved."""

    def __init__(self, clashes: list[Clash], who: str, at: datetime | None, mark: str) -> None:
        super().__init__(str(gettext("Somebody has changed this episode meanwhile.")))
        self.clashes, self.who, self.at, self.mark = clashes, who, at, mark


def mark_of(value: Any) -> str:
    """A few letters that differ where values do."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def seen_of(episode: Episode, names: tuple[str, ...] = FIELDS) -> dict[str, str]:
    """The marks of an episode's fields as they are now."""
    return {name: mark_of(getattr(episode, name)) for name in names}


def refuse_clash(
    database: Session, episode: Episode, show: Show, form: EpisodeForm, sent: Mapping[str, Any]
) -> None:
    """Raises ChangedMeanwhile, unless the form says to save over just these changes."""
    seen = _seen_by(form)
    whole = mark_of(seen_of(episode))
    if request.form.get("over") == whole:
        return
    changes = [
        Change(name, now, sent[name])
        for name in FIELDS
        if (now := getattr(episode, name)) != sent.get(name, now)
        and seen.get(name) not in {None, mark_of(now)}
    ]
    if not changes:
        return
    known = known_of(database, show)
    clashes = [Clash(said_of([each], known)[0], _long(each.name, each.before)) for each in changes]
    newest = versions_of(database, episode.id)[:1]
    who, at = (newest[0].by, newest[0].at) if newest else ("", None)
    raise ChangedMeanwhile(clashes, who, at, whole)


def _seen_by(form: EpisodeForm) -> dict[str, str]:
    """The marks that the form came with; none for a form that somebody built by hand."""
    try:
        seen = json.loads(form.seen.data or "{}")
    except ValueError:
        return {}
    pairs = seen.items() if isinstance(seen, dict) else ()
    return {name: mark for name, mark in pairs if isinstance(mark, str)}


def _long(name: str, value: Any) -> str:
    if name == "notes":
        return str(value)
    if name == "chapters":
        return chapter_lines(from_rows(value))
    return person_lines(value) if name == "persons" else ""
