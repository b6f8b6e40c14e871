"""Write tags, cover and chapters into a file that was made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ID3,
    TALB,
    TDES,
    TDRC,
    TIT2,
    TPE1,
    TPOS,
    TRCK,
    WXXX,
    CTOCFlags,
    Encoding,
    PictureType,
)
from mutagen.mp4 import MP4, AtomDataType, MP4Cover

from episodes.audio.facts import AudioTags, ChapterFact

_ID3_TEXTS = {
    "title": TIT2,
    "artist": TPE1,
    "album": TALB,
    "date": TDRC,
    "track": TRCK,
    "season": TPOS,
    "description": TDES,
}
_ATOMS = {
    "title": "©nam",
    "artist": "©ART",
    "album": "©alb",
    "date": "©day",
    "comment": "©cmt",
    "description": "ldes",
}


def write_tags(path: Path, form: str, tags: AudioTags, chapters: tuple[ChapterFact, ...]) -> None:
    """Tags for "mp3" and "m4a", chapters for "mp3"; mutagen cannot write those of M4A."""
    if form == "mp3":
        _write_id3(path, tags, chapters)
    elif form == "m4a":
        _write_atoms(path, tags)


def _write_id3(path: Path, tags: AudioTags, chapters: tuple[ChapterFact, ...]) -> None:
    id3: Any = ID3()
    for name, frame in _ID3_TEXTS.items():
        if value := getattr(tags, name):
            id3.add(frame(encoding=Encoding.UTF8, text=[str(value)]))
    if tags.comment:
        id3.add(COMM(encoding=Encoding.UTF8, lang="XXX", desc="", text=[tags.comment]))
    if tags.cover is not None:
        id3.add(_picture(tags.cover.data, tags.cover.mime))
    for index, chapter in enumerate(chapters):
        id3.add(_chapter(f"chp{index}", chapter))
    if chapters:
        id3.add(
            CTOC(
                element_id="toc",
                flags=CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED,
                child_element_ids=[f"chp{index}" for index in range(len(chapters))],
            )
        )
    id3.save(path, v2_version=4)


def _picture(data: bytes, mime: str) -> Any:
    return APIC(encoding=Encoding.UTF8, mime=mime, type=PictureType.COVER_FRONT, desc="", data=data)


def _chapter(name: str, chapter: ChapterFact) -> Any:
    inside = [TIT2(encoding=Encoding.UTF8, text=[chapter.title])]
    if chapter.url:
        inside.append(WXXX(encoding=Encoding.UTF8, desc="", url=chapter.url))
    if chapter.image is not None:
        inside.append(_picture(chapter.image.data, chapter.image.mime))
    start = round(chapter.start * 1000)
    end = start if chapter.end is None else round(chapter.end * 1000)
    return CHAP(element_id=name, start_time=start, end_time=end, sub_frames=inside)


def _write_atoms(path: Path, tags: AudioTags) -> None:
    mp4: Any = MP4(path)
    for name, atom in _ATOMS.items():
        if value := getattr(tags, name):
            mp4[atom] = [value]
    if tags.track:
        mp4["trkn"] = [(tags.track, 0)]
    if tags.season:
        mp4["tvsn"] = [tags.season]
    if tags.cover is not None:
        png = tags.cover.mime == "image/png"
        form = AtomDataType.PNG if png else AtomDataType.JPEG
        mp4["covr"] = [MP4Cover(tags.cover.data, form)]
    mp4.save()
