"""The frames of MPEG audio and of AAC as ADTS: what a header says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

# ISO/IEC 11172-3 and 13818-3, layers I to III; kbit/s by index
_RATES_V1 = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_RATES_V2 = {
    1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLING = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ADTS_SAMPLING = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
HEADER = 7  # bytes that a FrameAt function may look at
LONGEST = 8192  # bytes; no frame is longer


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: bytes long, seconds long."""

    length: int
    seconds: float
    sample_rate: int
    channels: int
    codec: str


FrameAt = Callable[[bytes, int], Frame | None]


@cache
def _mpeg_frame(second: int, third: int, fourth: int) -> Frame | None:
    version, layer = (second >> 3) & 3, 4 - ((second >> 1) & 3)
    rate_index, sampling_index = third >> 4, (third >> 2) & 3
    if version == 1 or layer == 4 or rate_index in {0, 15} or sampling_index == 3:
        return None
    rates = (_RATES_V1 if version == 3 else _RATES_V2)[layer]
    sampling = _SAMPLING[version][sampling_index]
    padding = (third >> 1) & 1
    if layer == 1:
        samples, length = 384, (12000 * rates[rate_index] // sampling + padding) * 4
    else:
        samples = 576 if layer == 3 and version != 3 else 1152
        length = samples // 8 * 1000 * rates[rate_index] // sampling + padding
    channels = 1 if fourth >> 6 == 3 else 2
    return Frame(length, samples / sampling, sampling, channels, f"mp{layer}")


def mpeg_frame_at(data: bytes, at: int) -> Frame | None:
    """The MPEG audio frame that begins at this place, or None."""
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    return _mpeg_frame(data[at + 1], data[at + 2] & 0xFE, data[at + 3] & 0xC0)


def adts_frame_at(data: bytes, at: int) -> Frame | None:
    """The AAC frame that begins at this place, or None (ISO/IEC 14496-3, ADTS)."""
    if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
        return None
    sampling_index = (data[at + 2] >> 2) & 15
    length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    if sampling_index >= len(_ADTS_SAMPLING) or length <= HEADER:
        return None
    sampling = _ADTS_SAMPLING[sampling_index]
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    blocks = (data[at + 6] & 3) + 1
    return Frame(length, 1024 * blocks / sampling, sampling, channels or 2, "aac")


@dataclass(frozen=True, slots=True)
class Announced:
    """What the first frame of an MP3 announces instead of sound.

    ``frames`` is 0 when it does not count them; ``silence`` is the number of samples that
    the encoder added before and after the recording.
    """

    frames: int
    silence: int


def announced_by(frame: bytes) -> Announced | None:
    """The Xing, Info or VBRI header in a frame; None if it holds sound."""
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark, 4, 64)
        if at > 0 and len(frame) >= at + 8:
            return _xing(frame, at)
    at = frame.find(b"VBRI", 4, 64)
    return Announced(int.from_bytes(frame[at + 14 : at + 18], "big"), 0) if at > 0 else None


def _xing(frame: bytes, at: int) -> Announced:
    flags = frame[at + 7]
    frames = int.from_bytes(frame[at + 8 : at + 12], "big") if flags & 1 else 0
    encoder = at + 8 + 4 * bool(flags & 1) + 4 * bool(flags & 2) + 100 * bool(flags & 4)
    encoder += 4 * bool(flags & 8)
    # LAME's extension, which FFmpeg writes as well: 12 bits of delay, 12 of padding.
    if frame[encoder : encoder + 3] not in {b"LAM", b"Lav", b"L3."}:
        return Announced(frames, 0)
    both = int.from_bytes(frame[encoder + 21 : encoder + 24], "big")
    return Announced(frames, (both >> 12) + (both & 0xFFF))
