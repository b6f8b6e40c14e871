"""Encodes tones and noise with PyAV, in every format that podcasters send."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

RATE = 44_100


@dataclass(frozen=True)
class Form:
    """How FFmpeg calls the container and the encoder, and what the encoder takes."""

    writer: str
    encoder: str
    sample_format: str
    rate: int = RATE


FORMS = {
    "mp3": Form("mp3", "libmp3lame", "fltp"),
    "m4a": Form("ipod", "aac", "fltp"),
    "aac": Form("adts", "aac", "fltp"),
    "ogg": Form("ogg", "vorbis", "fltp"),
    "opus": Form("ogg", "libopus", "flt", 48_000),
    "flac": Form("flac", "flac", "s16"),
    "wav": Form("wav", "pcm_s16le", "s16"),
    "alac": Form("ipod", "alac", "s16p"),
}


@cache
def _second(noisy: bool) -> bytes:
    """One second of 16-bit mono: a tone, or noise, which needs far more bits."""
    chance = random.Random(7)
    if noisy:
        return array("h", (chance.randrange(-12000, 12000) for _ in range(RATE))).tobytes()
    tone = (int(8000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE))
    return array("h", tone).tobytes()


def _blocks(seconds: float) -> Iterator[AudioFrame]:
    left, count = round(seconds * RATE), 0
    while left > 0:
        samples = min(left, RATE)
        frame = AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(_second(count % 3 == 2)[: samples * 2].ljust(
            frame.planes[0].buffer_size, b"\0"))  # fmt: skip
        frame.sample_rate, frame.pts, frame.time_base = RATE, None, Fraction(1, RATE)
        yield frame
        left -= samples
        count += 1


def record(
    path: Path,
    form: str = "mp3",
    *,
    seconds: float = 3.0,
    channels: int = 1,
    rate: int | None = None,
    bitrate: int = 64_000,
    encoder_options: dict[str, str] | None = None,
    writer_options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    chapters: Sequence[tuple[float, float, str]] = (),
) -> Path:
    """Write a file of so many seconds, exactly; ``chapters`` are start, end and title."""
    how = FORMS[form]
    layout = {1: "mono", 2: "stereo"}[channels]
    with av.open(str(path), "w", format=how.writer, options=writer_options or {}) as made:
        made.metadata.update(metadata or {})
        if chapters:
            made.set_chapters([_chapter(i, *chapter) for i, chapter in enumerate(chapters)])
        stream: Any = made.add_stream(
            how.encoder, rate=rate or how.rate, layout=layout, options=encoder_options or {}
        )
        stream.bit_rate = bitrate
        stream.codec_context.format = how.sample_format
        resampler = AudioResampler(how.sample_format, layout, rate or how.rate)
        samples = 0
        for block in (*_blocks(seconds), None):
            for frame in resampler.resample(block):
                frame.pts, frame.time_base = samples, Fraction(1, rate or how.rate)
                samples += frame.samples
                made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


def _chapter(index: int, start: float, end: float, title: str) -> Any:
    return {
        "id": index,
        "start": round(start * 1000),
        "end": round(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }


def variable_mp3(path: Path, *, seconds: float, xing: bool = True, **more: Any) -> Path:
    """An MP3 of variable bitrate, with or without the header that tells its length."""
    return record(
        path,
        "mp3",
        seconds=seconds,
        encoder_options={"abr": "1"},
        writer_options={"write_xing": "1" if xing else "0"},
        **more,
    )


def quicktime_chapters(path: Path, chapters: Sequence[tuple[float, float, str]]) -> Path:
    """An M4A with a chapter track, as Apple's tools make it, and no Nero chapters."""
    return record(path, "m4a", writer_options={"movflags": "disable_chpl"}, chapters=chapters)


def nero_chapters(path: Path, chapters: Sequence[tuple[float, float, str]]) -> Path:
    """An M4A with Nero chapters only: the reference to the chapter track is made void."""
    record(path, "m4a", chapters=chapters)
    path.write_bytes(path.read_bytes().replace(b"tref", b"free"))
    return path


def film(path: Path) -> Path:
    """An MP4 with moving pictures and sound."""
    with av.open(str(path), "w", format="mp4") as made:
        video: Any = made.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound: Any = made.add_stream("aac", rate=RATE, layout="mono")
        for number in range(10):
            picture = av.VideoFrame(64, 64, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 5)
            made.mux(video.encode(picture))
        for block in _blocks(2):
            block.pts = None
            made.mux(sound.encode(block))
        made.mux(video.encode(None))
        made.mux(sound.encode(None))
    return path


def silent_film(path: Path) -> Path:
    """An MP4 with moving pictures only."""
    with av.open(str(path), "w", format="mp4") as made:
        video: Any = made.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for number in range(10):
            picture = av.VideoFrame(64, 64, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 5)
            made.mux(video.encode(picture))
        made.mux(video.encode(None))
    return path
