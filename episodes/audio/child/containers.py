"""Measure MP4, Ogg, FLAC and WAV through FFmpeg's readers: length, where a minute ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import av
from av.stream import Disposition

from episodes.audio.child.measured import Measured
from episodes.audio.child.sniff import Kind
from episodes.audio.child.whole import require_whole
from episodes.audio.errors import AudioRefused
from episodes.audio.facts import ChapterFact

# The reader is told, never guessed: a playlist or an image must not pass as audio.
READERS: dict[Kind, str] = {
    "mp3": "mp3",
    "aac": "aac",
    "mp4": "mp4",
    "vorbis": "ogg",
    "opus": "ogg",
    "flac": "flac",
    "wav": "wav",
}
MINUTE = 60
MAX_CHAPTERS = 1000
_TAIL = 1.5  # seconds before the end in which a packet must begin
_PATIENCE = 3000  # packets to look at for that


def open_audio(source: Path, kind: Kind) -> Any:
    """Open a file with the reader of its kind; it may not lead to other files."""
    return av.open(
        str(source),
        format=READERS[kind],
        options={"protocol_whitelist": "file"},
        metadata_errors="replace",
    )


def measure_container(file: BinaryIO, kind: Kind, size: int) -> Measured:
    """Raises AudioRefused, or av.FFmpegError when the file is damaged."""
    require_whole(file, kind, size)
    with open_audio(Path(file.name), kind) as container:
        if not container.streams.audio:
            raise AudioRefused("no_sound")
        stream = container.streams.audio[0]
        duration = _duration(container, stream)
        if duration <= 0:
            raise AudioRefused("no_sound")
        start, minute, sound = _first_minute(container, stream, duration, size)
        if kind == "flac":
            _require_tail(container, stream, duration)
        return Measured(
            codec=stream.codec_context.codec.canonical_name,
            duration=duration,
            bitrate=round(sound * 8 / duration),
            sample_rate=stream.codec_context.sample_rate,
            channels=stream.codec_context.layout.nb_channels,
            audio_start=start,
            minute_bytes=minute,
            texts={**container.metadata, **stream.metadata},
            chapters=_chapters(container),
            warnings=("has_video",) if _has_film(container) else (),
        )


def _duration(container: Any, stream: Any) -> float:
    if container.duration:
        # The whole of an edited MP4, and an Opus file without what decoders must drop.
        return float(container.duration / av.time_base)
    return float(stream.duration * stream.time_base) if stream.duration else 0.0


def _first_minute(container: Any, stream: Any, duration: float, size: int) -> tuple[int, int, int]:
    """Where sound begins, where its first minute ends, and about how much of it there is."""
    begin, end, counted = size, 0, 0
    for packet in container.demux(stream):
        if packet.pos is None or not packet.size:
            continue
        if packet.pts is not None and packet.pts * packet.time_base >= MINUTE:
            # The rest is taken to be like the first minute.
            return begin, end, min(round(counted * duration / MINUTE), size)
        begin = min(begin, packet.pos)
        end = max(end, packet.pos + packet.size)
        counted += packet.size
    if not counted:
        raise AudioRefused("no_sound")
    return begin, size, counted


def _require_tail(container: Any, stream: Any, duration: float) -> None:
    """FLAC tells its length at the start, so only the end shows that it is missing."""
    if duration < _TAIL:
        return
    try:
        container.seek(int((duration - _TAIL) * av.time_base))
    except av.FFmpegError as error:
        raise AudioRefused("truncated") from error
    last = None
    for count, packet in enumerate(container.demux(stream)):
        if packet.pts is not None:
            last = packet.pts * packet.time_base
        if count > _PATIENCE:
            return
    if last is None or last < duration - _TAIL:
        raise AudioRefused("truncated")


def _chapters(container: Any) -> tuple[ChapterFact, ...]:
    """Nero and QuickTime chapters of MP4 alike."""
    return tuple(
        ChapterFact(
            start=float(chapter["start"] * chapter["time_base"]),
            end=float(chapter["end"] * chapter["time_base"]),
            title=str(chapter["metadata"].get("title", "")).strip()[:255],
        )
        for chapter in container.chapters()[:MAX_CHAPTERS]
    )


def _has_film(container: Any) -> bool:
    """Whether there is moving picture; a cover is a picture that is attached."""
    return any(
        not stream.disposition & Disposition.attached_pic for stream in container.streams.video
    )
