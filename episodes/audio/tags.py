"""Tags, covers and chapters, through mutagen. Runs only inside the limited child process."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any, BinaryIO

from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from episodes.audio.facts import AudioTags, ChapterFact, Cover

MAX_CHAPTERS = 1000
MAX_TEXT = 100_000
Found = tuple[AudioTags, tuple[ChapterFact, ...]]


def number_in(text: str) -> int | None:
    """The first positive number of "3" or "3/12"."""
    match = re.match(r"\s*([0-9]{1,6})", text)
    return int(match[1]) or None if match else None


def read_id3(tags: ID3 | None) -> Found:
    """ID3v2: text frames, APIC, CHAP in the order of the top CTOC."""
    if tags is None:
        return AudioTags(), ()

    def text(*names: str) -> str:
        for name in names:
            for frame in tags.getall(name):
                words = "\n".join(str(part) for part in getattr(frame, "text", [])).strip()
                if words:
                    return words[:MAX_TEXT]
        return ""

    found = AudioTags(
        title=text("TIT2"),
        artist=text("TPE1"),
        album=text("TALB"),
        date=text("TDRC", "TDRL", "TYER"),
        track=number_in(text("TRCK")),
        season=number_in(text("TXXX:SEASON", "TPOS")),
        comment=text("COMM"),
        description=text("TDES", "TXXX:DESCRIPTION", "TXXX:description"),
        cover=_front([(p.type, p.data, p.mime) for p in tags.getall("APIC")]),
    )
    return found, _id3_chapters(tags)


def _id3_chapters(tags: ID3) -> tuple[ChapterFact, ...]:
    frames = {frame.element_id: frame for frame in tags.getall("CHAP")}
    order = sorted(frames, key=lambda name: frames[name].start_time)
    for table in tags.getall("CTOC"):
        if table.flags & 2:  # the top-level table of contents
            listed = [name for name in table.child_element_ids if name in frames]
            order = listed or order
    return tuple(_id3_chapter(frames[name]) for name in order[:MAX_CHAPTERS])


def _id3_chapter(frame: Any) -> ChapterFact:
    titles = frame.sub_frames.getall("TIT2")
    links = [f.url for name, f in frame.sub_frames.items() if name.startswith("WXXX")]
    return ChapterFact(
        start=frame.start_time / 1000,
        end=frame.end_time / 1000,
        title=str(titles[0]).strip()[:255] if titles else "",
        url=links[0][:2000] if links else None,
    )


def read_mp4(file: BinaryIO) -> tuple[MP4, Found]:
    """iTunes atoms and Nero chapters."""
    mp4 = MP4(file)
    tags = mp4.tags or {}

    def text(*names: str) -> str:
        for name in names:
            values = tags.get(name) or []
            if values:
                return str(values[0]).strip()[:MAX_TEXT]
        return ""

    tracks = tags.get("trkn") or [(0, 0)]
    seasons = tags.get("tvsn") or [0]
    covers = tags.get("covr") or []
    found = AudioTags(
        title=text("©nam"),
        artist=text("©ART", "aART"),
        album=text("©alb"),
        date=text("©day"),
        track=tracks[0][0] or None,
        season=int(seasons[0]) or None,
        comment=text("©cmt"),
        description=text("ldes", "desc"),
        cover=_front([(3, bytes(c), "image/png" if c.imageformat == 14 else "image/jpeg")
                      for c in covers[:1]]),
    )  # fmt: skip
    chapters = tuple(
        ChapterFact(start=float(c.start), title=c.title.strip()[:255])
        for c in list(mp4.chapters or [])[:MAX_CHAPTERS]
    )
    return mp4, (found, chapters)


def read_vorbis(audio: FLAC | OggVorbis | OggOpus) -> Found:
    """Vorbis comments, pictures, and CHAPTERxxx (keys come in lower case)."""
    tags = audio.tags or {}

    def text(*names: str) -> str:
        for name in names:
            values = tags.get(name) or []
            if values:
                return "\n".join(values).strip()[:MAX_TEXT]
        return ""

    found = AudioTags(
        title=text("title"),
        artist=text("artist"),
        album=text("album"),
        date=text("date"),
        track=number_in(text("tracknumber")),
        season=number_in(text("season", "discnumber")),
        comment=text("comment"),
        description=text("description"),
        cover=_front([(p.type, p.data, p.mime) for p in _pictures(audio)]),
    )
    return found, _vorbis_chapters(text)


def _pictures(audio: FLAC | OggVorbis | OggOpus) -> Iterable[Picture]:
    if isinstance(audio, FLAC):
        return list(audio.pictures)
    encoded = (audio.tags or {}).get("metadata_block_picture") or []
    return [Picture(base64.b64decode(text)) for text in encoded[:4]]


def _vorbis_chapters(text: Any) -> tuple[ChapterFact, ...]:
    chapters = []
    for index in range(MAX_CHAPTERS):
        start = text(f"chapter{index:03d}")
        match = re.fullmatch(r"(\d{1,3}):(\d{2}):(\d{2}(?:\.\d{1,9})?)", start)
        if match is None:
            if index > 0:  # some writers count from 000, others from 001
                break
            continue
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
        url = text(f"chapter{index:03d}url") or None
        chapters.append(ChapterFact(seconds, text(f"chapter{index:03d}name")[:255], url=url))
    return tuple(chapters)


def _front(pictures: list[tuple[int, bytes, str]]) -> Cover | None:
    """The front cover (type 3), else the first picture."""
    ranked = sorted(pictures, key=lambda picture: picture[0] != 3)
    return Cover(ranked[0][1], ranked[0][2]) if ranked else None


__all__ = ["FLAC", "ID3", "WAVE", "OggOpus", "OggVorbis", "read_id3", "read_mp4", "read_vorbis"]
