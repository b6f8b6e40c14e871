"""ID3v2: text frames, pictures, and the chapters of its chapter frame addendum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from mutagen.id3 import ID3, CTOCFlags, ID3NoHeaderError
from mutagen.wave import WAVE

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


def read_id3(file: BinaryIO) -> Found:
    """The tag at the start of a file, or ID3v1 at its end."""
    try:
        return from_id3(ID3(fileobj=file))
    except ID3NoHeaderError:
        return Found()


def read_wave(file: BinaryIO) -> Found:
    """The ID3 chunk of a WAV."""
    wave = WAVE(file)
    return from_id3(wave.tags) if wave.tags is not None else Found()


def from_id3(tags: Any) -> Found:
    """Everything of use in a tag."""
    return Found(_texts(tags), tuple(_chapters(tags)))


def _texts(tags: Any) -> AudioTags:
    def text(*names: str) -> str:
        return next(filter(None, (_text(frame) for n in names for frame in tags.getall(n))), "")

    return AudioTags(
        title=text("TIT2"),
        artist=text("TPE1"),
        album=text("TALB"),
        date=text("TDRC", "TDRL"),
        track=number_in(text("TRCK")),
        season=number_in(text("TXXX:SEASON", "TXXX:season", "TPOS")),
        comment=_comment(tags) or text("TXXX:COMMENT", "TXXX:comment"),
        description=text("TDES", "TXXX:DESCRIPTION", "TXXX:description"),
        cover=front_cover([(p.type, Picture(p.data, p.mime)) for p in tags.getall("APIC")]),
    )


def _text(frame: Any) -> str:
    return "\n".join(str(part) for part in getattr(frame, "text", [])).strip()[:MAX_TEXT]


def _comment(tags: Any) -> str:
    """The comment for people; iTunes keeps numbers for itself in others (iTunNORM, iTunSMPB)."""
    for frame in tags.getall("COMM"):
        if not frame.desc.startswith("iTun") and (words := _text(frame)):
            return words
    return ""


def _chapters(tags: Any) -> Iterator[ChapterFact]:
    """In the order of the table of contents; by time without one."""
    frames = {frame.element_id: frame for frame in tags.getall("CHAP")}
    listed = [name for name in _contents(tags) if name in frames]
    by_time = sorted(frames, key=lambda name: frames[name].start_time)
    for name in (listed or by_time)[:MAX_CHAPTERS]:
        yield _chapter(frames[name])


def _contents(tags: Any) -> list[str]:
    """The ids listed by the top table of contents and, in their place, by those under it."""
    tables = {table.element_id: table for table in tags.getall("CTOC")}
    top = next((t for t in tables.values() if t.flags & CTOCFlags.TOP_LEVEL), None)
    open_ids = [top.element_id] if top is not None else []
    listed: list[str] = []
    while open_ids:
        name = open_ids.pop(0)
        table = tables.pop(name, None)  # popped, so that tables in a ring end
        if table is None:
            listed.append(name)
        else:
            open_ids[:0] = table.child_element_ids
    return listed


def _chapter(frame: Any) -> ChapterFact:
    titles = frame.sub_frames.getall("TIT2")
    links = [f.url for name, f in frame.sub_frames.items() if name.startswith("WXXX")]
    pictures = [(p.type, Picture(p.data, p.mime)) for p in frame.sub_frames.getall("APIC")]
    return ChapterFact(
        start=frame.start_time / 1000,
        end=frame.end_time / 1000,
        title=_text(titles[0])[:MAX_TITLE] if titles else "",
        url=links[0][:MAX_URL] or None if links else None,
        image=front_cover(pictures),
    )
