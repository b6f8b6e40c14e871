"""Walk the frames of MP3 and AAC (ADTS) streams: exact duration, and where a minute ends.

mutagen guesses the length of a variable-bitrate MP3 without a Xing header from its first
frame, and is wrong by minutes. Counting frames is exact and, done in large pieces, quick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

PIECE = 1 << 20
# How much that is no frame may stand between two frames before the file counts as damaged.
MAX_JUNK = 256 * 1024

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


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: bytes long, seconds long."""

    length: int
    seconds: float
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Walked:
    """A walked stream. Sizes in bytes, times in seconds."""

    duration: float
    frames: int
    audio_start: int
    audio_bytes: int
    minute_end: int | None
    sample_rate: int
    channels: int
    declared_frames: int | None


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
    return Frame(length, samples / sampling, sampling, 1 if fourth >> 6 == 3 else 2)


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
    if sampling_index >= len(_ADTS_SAMPLING) or length < 7:
        return None
    sampling = _ADTS_SAMPLING[sampling_index]
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    blocks = (data[at + 6] & 3) + 1
    return Frame(length, 1024 * blocks / sampling, sampling, channels or 2)


FrameAt = Callable[[bytes, int], Frame | None]
_HEADER = 7  # bytes that a frame_at function may look at


def walk(file: BinaryIO, start: int, frame_at: FrameAt) -> Walked | None:
    """Walk all frames from ``start``; None when there are none, or too much else between.

    Memory stays at one piece, whatever the file's size.
    """
    walker = _Walker(file, start, frame_at)
    return walker.run()


class _Walker:
    def __init__(self, file: BinaryIO, start: int, frame_at: FrameAt) -> None:
        self.file, self.frame_at = file, frame_at
        self.position = start  # of buffer[0] in the file
        self.buffer = b""
        self.at = 0
        self.duration, self.frames, self.audio_bytes = 0.0, 0, 0
        self.audio_start: int | None = None
        self.minute_end: int | None = None
        self.declared: int | None = None
        self.first: Frame | None = None
        file.seek(start)

    def run(self) -> Walked | None:
        junk = 0
        while self._have(_HEADER):
            frame = self.frame_at(self.buffer, self.at)
            if frame is None or (junk and not self._confirmed(frame)):
                self.at += 1
                junk += 1
                if junk > MAX_JUNK:
                    if not self.frames:
                        return None
                    break  # a long tail of tags is common and harmless
                continue
            if not self._have(frame.length) and self.frames:
                break  # the last frame is cut: players stop here as well
            junk = 0
            self._take(frame)
        return self._result()

    def _take(self, frame: Frame) -> None:
        if self.first is None:
            # A stray sync word is no stream: the first frame must lead to a second.
            if not self._confirmed(frame):
                self.at += 1
                return
            self.first = frame
            self.audio_start = self.position + self.at
            self.declared = _declared_frames(self.buffer[self.at : self.at + frame.length])
            if self.declared is not None:  # this frame holds numbers, not sound
                self.at += frame.length
                return
        self.frames += 1
        self.duration += frame.seconds
        self.audio_bytes += frame.length
        self.at += frame.length
        if self.minute_end is None and self.duration >= 60:
            self.minute_end = self.position + self.at

    def _confirmed(self, frame: Frame) -> bool:
        """Whether another frame, or the end of the file, follows this one."""
        if not self._have(frame.length + _HEADER):
            return len(self.buffer) - self.at >= frame.length and self.first is not None
        return self.frame_at(self.buffer, self.at + frame.length) is not None

    def _have(self, count: int) -> bool:
        if self.at + count <= len(self.buffer):
            return True
        self.position += self.at
        self.buffer = self.buffer[self.at :] + self.file.read(PIECE)
        self.at = 0
        return count <= len(self.buffer)

    def _result(self) -> Walked | None:
        if self.first is None or self.audio_start is None or not self.frames:
            return None
        return Walked(
            self.duration,
            self.frames,
            self.audio_start,
            self.audio_bytes,
            self.minute_end,
            self.first.sample_rate,
            self.first.channels,
            self.declared,
        )


def _declared_frames(frame: bytes) -> int | None:
    """How many frames a Xing, Info or VBRI header announces; None if there is none."""
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark, 4, 64)
        if at > 0:
            has_count = len(frame) >= at + 12 and frame[at + 7] & 1
            return int.from_bytes(frame[at + 8 : at + 12], "big") if has_count else 0
    at = frame.find(b"VBRI", 4, 64)
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at > 0 else None
