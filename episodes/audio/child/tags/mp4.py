"""The iTunes atoms of MP4. Chapters come from FFmpeg, which reads both kinds there are."""

from __future__ import annotations

from typing import Any, BinaryIO

from mutagen.mp4 import MP4, AtomDataType

from episodes.audio.child.tags.found import FRONT_COVER, MAX_TEXT, Found, front_cover
from episodes.audio.facts import AudioTags, Picture

_MIMES = {AtomDataType.PNG: "image/png", AtomDataType.JPEG: "image/jpeg"}


def read_mp4(file: BinaryIO) -> Found:
    """What the atoms say."""
    tags: Any = MP4(file).tags or {}

    def text(*names: str) -> str:
        found = (str(value).strip() for name in names for value in tags.get(name, [])[:1])
        return next(filter(None, found), "")[:MAX_TEXT]

    def number(name: str) -> int | None:
        value = next(iter(tags.get(name, [])), 0)
        return (value[0] if isinstance(value, tuple) else int(value)) or None

    covers = [
        (FRONT_COVER, Picture(bytes(cover), _MIMES.get(cover.imageformat, "image/jpeg")))
        for cover in tags.get("covr", [])[:1]
    ]
    said = AudioTags(
        title=text("©nam"),
        artist=text("©ART", "aART"),
        album=text("©alb"),
        date=text("©day"),
        track=number("tves") or number("trkn"),
        season=number("tvsn") or number("disk"),
        comment=text("©cmt"),
        description=text("ldes", "desc"),
        cover=front_cover(covers),
    )
    return Found(said)
