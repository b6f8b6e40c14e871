"""Vorbis comments of Ogg and FLAC: fields, pictures, and chapters as CHAPTERxxx."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from mutagen.flac import FLAC
from mutagen.flac import Picture as FlacPicture
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from episodes.audio.child.tags.found import (
    MAX_CHAPTERS,
    MAX_TEXT,
    MAX_TITLE,
    MAX_URL,
    Found,
    front_cover,
    number_in,
)
from episodes.audio.facts import AudioTags, ChapterFact, Picture

_MAX_PICTURES = 4
_TIME = re.compile(r"(\d{1,3}):(\d{2}):(\d{2}(?:\.\d{1,9})?)", re.ASCII)


def read_flac(file: BinaryIO) -> Found:
    """The comments and picture blocks of a FLAC."""
    flac: Any = FLAC(file)
    return _from_comments(flac.tags or {}, flac.pictures)


def read_vorbis(file: BinaryIO) -> Found:
    """The comments of an Ogg Vorbis."""
    return _from_ogg(OggVorbis(file).tags or {})


def read_opus(file: BinaryIO) -> Found:
    """The comments of an Opus."""
    return _from_ogg(OggOpus(file).tags or {})


def _from_ogg(tags: Any) -> Found:
    encoded = tags.get("metadata_block_picture", [])[:_MAX_PICTURES]
    return _from_comments(tags, [FlacPicture(base64.b64decode(text)) for text in encoded])


def _from_comments(tags: Any, pictures: list[Any]) -> Found:
    def text(*names: str) -> str:
        found = ("\n".join(tags.get(name, [])).strip() for name in names)
        return next(filter(None, found), "")[:MAX_TEXT]

    said = AudioTags(
        title=text("title"),
        artist=text("artist"),
        album=text("album"),
        date=text("date"),
        track=number_in(text("tracknumber")),
        season=number_in(text("season", "discnumber")),
        comment=text("comment"),
        description=text("description"),
        cover=front_cover([(p.type, Picture(p.data, p.mime)) for p in pictures]),
    )
    chapters = sorted(_chapters(text), key=lambda chapter: chapter.start)
    return Found(said, tuple(chapters))


def _chapters(text: Callable[..., str]) -> Iterator[ChapterFact]:
    for index in range(MAX_CHAPTERS):
        name = f"chapter{index:03d}"
        match = _TIME.fullmatch(text(name))
        if match is not None:
            seconds = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
            url = text(f"{name}url")[:MAX_URL] or None
            yield ChapterFact(seconds, text(f"{name}name")[:MAX_TITLE], url=url)
        elif index > 0:  # some writers count from 000, others from 001
            return
