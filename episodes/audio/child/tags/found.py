"""What tags say, the same for every kind of file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from episodes.audio.facts import AudioTags, ChapterFact, Picture

MAX_CHAPTERS = 1000
MAX_TEXT = 100_000
MAX_TITLE = 255
MAX_URL = 2000
# Some encoders end a title with NUL, which PostgreSQL refuses; none of these are words.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
FRONT_COVER = 3  # the picture type of ID3, which FLAC and Ogg took over


@dataclass(frozen=True, slots=True)
class Found:
    """Tags and chapters of a file, and what was wrong with them (keys of WARNINGS)."""

    tags: AudioTags = field(default_factory=AudioTags)
    chapters: tuple[ChapterFact, ...] = ()
    warnings: tuple[str, ...] = ()

    def or_else(self, tags: AudioTags, chapters: tuple[ChapterFact, ...]) -> Found:
        """Where nothing was found, what somebody else found."""
        return replace(
            self,
            tags=tags if self.tags == AudioTags() else self.tags,
            chapters=self.chapters or chapters,
        )

    def printable(self) -> Found:
        """The same without characters that are none."""
        return replace(
            self,
            tags=replace(self.tags, **_printable(self.tags)),
            chapters=tuple(replace(each, **_printable(each)) for each in self.chapters),
        )


def _printable(said: AudioTags | ChapterFact) -> dict[str, Any]:
    texts = ((each.name, getattr(said, each.name)) for each in fields(said))
    return {name: _CONTROL.sub("", text) for name, text in texts if isinstance(text, str)}


def from_texts(texts: Mapping[str, str]) -> AudioTags:
    """Tags from plain names and values, as in the INFO list of a WAV."""
    known = {name.lower(): value.strip()[:MAX_TEXT] for name, value in texts.items()}
    return AudioTags(
        title=known.get("title", ""),
        artist=known.get("artist", ""),
        album=known.get("album", ""),
        date=known.get("date", ""),
        track=number_in(known.get("track", "")),
        comment=known.get("comment", ""),
        description=known.get("description", ""),
    )


def number_in(text: str) -> int | None:
    """The first positive number of "3" or "3/12"."""
    match = re.match(r"\s*([0-9]{1,6})", text)
    return int(match[1]) or None if match else None


def front_cover(pictures: list[tuple[int, Picture]]) -> Picture | None:
    """The front cover, else the first picture."""
    ranked = sorted(pictures, key=lambda pair: pair[0] != FRONT_COVER)
    return ranked[0][1] if ranked else None
