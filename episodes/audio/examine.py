"""Read one file completely: sniff, measure, tags. Runs only inside the limited child process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts, AudioTags, ChapterFact
from episodes.audio.frames import adts_frame_at, mpeg_frame_at, walk
from episodes.audio.sniff import Kind, id3_size, sniff
from episodes.audio.tags import (
    FLAC,
    ID3,
    WAVE,
    OggOpus,
    OggVorbis,
    read_id3,
    read_mp4,
    read_vorbis,
)

MAX_ID3 = 16 * 1024 * 1024
MAX_COVER = 12 * 1024 * 1024
_NAMES: dict[Kind, tuple[str, str, str]] = {
    "mp3": ("MP3", "audio/mpeg", "mp3"),
    "aac": ("AAC", "audio/aac", "aac"),
    "mp4": ("M4A", "audio/mp4", "m4a"),
    "vorbis": ("Ogg Vorbis", "audio/ogg", "ogg"),
    "opus": ("Opus", "audio/ogg", "opus"),
    "flac": ("FLAC", "audio/flac", "flac"),
    "wav": ("WAV", "audio/wav", "wav"),
}
_EVERYWHERE = {"mp3", "aac", "mp4"}


def examine(path: Path) -> AudioFacts:
    """The facts of a file. Raises AudioRefused, MutagenError, MemoryError, RecursionError."""
    size = path.stat().st_size
    if size == 0:
        raise AudioRefused("empty")
    with path.open("rb") as file:
        kind = sniff(file)
        if kind is None:
            raise AudioRefused("not_audio")
        warnings = [] if kind in _EVERYWHERE else ["not_everywhere"]
        if kind in {"mp3", "aac"}:
            return _stream(file, kind, size, warnings)
        return _container(file, kind, size, warnings)


def _stream(file: BinaryIO, kind: Kind, size: int, warnings: list[str]) -> AudioFacts:
    start = id3_size(file)
    walked = walk(file, start, mpeg_frame_at if kind == "mp3" else adts_frame_at)
    if walked is None:
        raise AudioRefused("truncated" if start >= size else "damaged")
    if walked.declared_frames and walked.frames < walked.declared_frames * 0.98:
        raise AudioRefused("truncated")
    tags: AudioTags = AudioTags()
    chapters: tuple[ChapterFact, ...] = ()
    if start > MAX_ID3:
        warnings.append("tags_too_large")
    elif start:
        tags, chapters = _id3(file)
    minute = walked.minute_end if walked.minute_end is not None else size
    return _facts(
        kind,
        size,
        duration=walked.duration,
        bitrate=round(walked.audio_bytes * 8 / walked.duration),
        sample_rate=walked.sample_rate,
        channels=walked.channels,
        audio_start=walked.audio_start,
        minute_bytes=minute,
        tags=tags,
        chapters=chapters,
        warnings=warnings,
    )


def _id3(file: BinaryIO) -> tuple[AudioTags, tuple[ChapterFact, ...]]:
    file.seek(0)
    tags: Any = ID3
    return read_id3(tags(fileobj=file))


def _container(file: BinaryIO, kind: Kind, size: int, warnings: list[str]) -> AudioFacts:
    file.seek(0)
    audio: Any
    tags: AudioTags = AudioTags()
    chapters: tuple[ChapterFact, ...] = ()
    if kind == "mp4":
        audio, (tags, chapters) = read_mp4(file)
        _require_whole_atoms(file, size)
    elif kind == "wav":
        wave: Any = WAVE
        audio = wave(file)
        _require_whole_wave(file, size)
        if audio.tags is not None:
            tags, chapters = read_id3(audio.tags)
    else:
        reader: Any = {"vorbis": OggVorbis, "opus": OggOpus, "flac": FLAC}[kind]
        audio = reader(file)
        tags, chapters = read_vorbis(audio)
    info = audio.info
    duration = float(info.length or 0)
    if duration <= 0:
        raise AudioRefused("no_sound")
    # Bytes per second over the whole file: containers spread sound evenly enough.
    minute = size if duration < 60 else min(size, round(size * 60 / duration))
    return _facts(
        kind,
        size,
        duration=duration,
        bitrate=round(size * 8 / duration),
        sample_rate=int(getattr(info, "sample_rate", 48000)),
        channels=int(getattr(info, "channels", 2)),
        audio_start=0,
        minute_bytes=minute,
        tags=tags,
        chapters=chapters,
        warnings=warnings,
    )


def _require_whole_atoms(file: BinaryIO, size: int) -> None:
    """Top-level MP4 atoms must not reach beyond the file (ISO/IEC 14496-12 §4.2)."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            return
        if length < 8:
            raise AudioRefused("damaged")
        position += length
    if position > size:
        raise AudioRefused("truncated")


def _require_whole_wave(file: BinaryIO, size: int) -> None:
    file.seek(0)
    head = file.read(8)
    announced = int.from_bytes(head[4:8], "little") + 8
    if head[:4] == b"RIFF" and announced != 0xFFFFFFFF + 8 and announced > size + 1:
        raise AudioRefused("truncated")


def _facts(
    kind: Kind,
    size: int,
    *,
    duration: float,
    bitrate: int,
    sample_rate: int,
    channels: int,
    audio_start: int,
    minute_bytes: int,
    tags: AudioTags,
    chapters: tuple[ChapterFact, ...],
    warnings: list[str],
) -> AudioFacts:
    name, mime, extension = _NAMES[kind]
    if tags.cover is not None and len(tags.cover.data) > MAX_COVER:
        warnings.append("cover_too_large")
        tags = AudioTags(
            tags.title,
            tags.artist,
            tags.album,
            tags.date,
            tags.track,
            tags.season,
            tags.comment,
            tags.description,
        )
    return AudioFacts(
        format=name,
        mime=mime,
        extension=extension,
        duration_seconds=duration,
        bitrate=bitrate,
        sample_rate=sample_rate,
        channels=channels,
        size=size,
        audio_start=audio_start,
        minute_bytes=minute_bytes,
        tags=tags,
        chapters=chapters,
        warnings=tuple(warnings),
    )


__all__ = ["MutagenError", "examine"]
