"""Read one file completely: what it is, its length, its tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from episodes.audio.child.measured import Measured
from episodes.audio.child.sniff import FRAME_AT, Kind, sniff, tags_end
from episodes.audio.child.tags import Found, read_tags
from episodes.audio.child.walk import walk
from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts, ChapterFact, Picture

MAX_COVER = 12 * 1024 * 1024
MAX_CHAPTER_IMAGES = 12 * 1024 * 1024
_EVERYWHERE = {"mp3", "aac"}


@dataclass(frozen=True, slots=True)
class _Form:
    """How a kind of file is named and served."""

    name: str
    mime: str
    extension: str


FORMS: dict[Kind, _Form] = {
    "mp3": _Form("MP3", "audio/mpeg", "mp3"),
    "aac": _Form("AAC", "audio/aac", "aac"),
    # Registered by RFC 4337; what apps call audio/x-m4a is the same and never was registered.
    "mp4": _Form("M4A", "audio/mp4", "m4a"),
    "vorbis": _Form("Ogg Vorbis", "audio/ogg", "ogg"),
    "opus": _Form("Opus", "audio/ogg", "opus"),
    "flac": _Form("FLAC", "audio/flac", "flac"),
    "wav": _Form("WAV", "audio/wav", "wav"),
}


def kind_of(path: Path) -> Kind:
    """The kind of file. Raises AudioRefused when it is empty or no audio."""
    if path.stat().st_size == 0:
        raise AudioRefused("empty")
    with path.open("rb") as file:
        kind = sniff(file)
    if kind is None:
        raise AudioRefused("not_audio")
    return kind


def examine(path: Path) -> AudioFacts:
    """The facts of a file. Raises AudioRefused, and whatever a parser raises."""
    kind = kind_of(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        measured = _measure(file, kind, size)
        found = read_tags(file, kind, measured)
    return _facts(kind, size, measured, _bounded(found))


def _measure(file: BinaryIO, kind: Kind, size: int) -> Measured:
    if kind in FRAME_AT:
        return _measure_stream(file, kind, size)
    # FFmpeg takes half of the time of a probe to load, and most files are MP3.
    from episodes.audio.child.containers import measure_container

    return measure_container(file, kind, size)


def _measure_stream(file: BinaryIO, kind: Kind, size: int) -> Measured:
    start = tags_end(file)
    walked = walk(file, start, FRAME_AT[kind])
    if walked is None:
        raise AudioRefused("truncated" if start >= size else "no_sound")
    if walked.junk > walked.audio_bytes:
        # Any large file holds a few bytes that look like frames.
        raise AudioRefused("not_audio" if walked.duration < 1 else "damaged")
    if walked.cut_off:
        raise AudioRefused("truncated")
    return Measured(
        codec=walked.first.codec,
        duration=walked.duration,
        bitrate=round(walked.audio_bytes * 8 / walked.duration),
        sample_rate=walked.first.sample_rate,
        channels=walked.first.channels,
        audio_start=walked.audio_start,
        minute_bytes=walked.minute_end or size,
    )


def _bounded(found: Found) -> Found:
    """Without pictures that are too large to be of use."""
    tags, warnings = found.tags, list(found.warnings)
    if tags.cover is not None and len(tags.cover.data) > MAX_COVER:
        warnings.append("cover_too_large")
        tags = replace(tags, cover=None)
    chapters, left_out = _with_few_images(found.chapters)
    if left_out:
        warnings.append("chapter_images_too_large")
    return Found(tags, chapters, tuple(warnings))


def _with_few_images(chapters: tuple[ChapterFact, ...]) -> tuple[tuple[ChapterFact, ...], bool]:
    kept: list[ChapterFact] = []
    room, left_out = MAX_CHAPTER_IMAGES, False
    for chapter in chapters:
        image: Picture | None = chapter.image
        if image is not None and len(image.data) > room:
            image, left_out = None, True
        if image is not None:
            room -= len(image.data)
        kept.append(replace(chapter, image=image))
    return tuple(kept), left_out


def _facts(kind: Kind, size: int, measured: Measured, found: Found) -> AudioFacts:
    form = FORMS[kind]
    warnings = [*measured.warnings, *found.warnings]
    if measured.codec not in _EVERYWHERE:
        warnings.insert(0, "not_everywhere")
    return AudioFacts(
        format=form.name,
        codec=measured.codec,
        mime=form.mime,
        extension=form.extension,
        duration_seconds=measured.duration,
        bitrate=measured.bitrate,
        sample_rate=measured.sample_rate,
        channels=measured.channels,
        size=size,
        audio_start=measured.audio_start,
        minute_bytes=min(measured.minute_bytes, size),
        tags=found.tags,
        # A mark after the end is a mistake of the editor that wrote it.
        chapters=tuple(c for c in found.chapters if c.start < measured.duration),
        warnings=tuple(warnings),
    )
