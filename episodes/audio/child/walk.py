"""Walk the frames of an MP3 or ADTS stream: exact duration, and where a minute ends.

mutagen guesses the length of a variable-bitrate MP3 without a Xing header from its first
frame, and is wrong by minutes. Counting frames is exact and, done in large pieces, quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from episodes.audio.child.frames import HEADER, Announced, Frame, FrameAt, announced_by

PIECE = 1 << 20
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Walked:
    """A walked stream. Sizes in bytes, times in seconds; ``junk`` is what was no frame.

    ``frames`` and ``audio_bytes`` leave out a first frame that only announces.
    """

    duration: float
    frames: int
    audio_start: int
    audio_bytes: int
    junk: int
    minute_end: int | None
    first: Frame
    announced: Announced | None

    @property
    def cut_off(self) -> bool:
        """Whether far fewer frames came than were announced."""
        return self.announced is not None and self.frames < self.announced.frames * 0.98


def walk(file: BinaryIO, start: int, frame_at: FrameAt) -> Walked | None:
    """Walk all frames from ``start``; None when there are none.

    Steps over whatever is no frame, as players do. Memory stays at one piece, whatever the
    file's size.
    """
    return _Walker(file, start, frame_at).run()


class _Walker:
    def __init__(self, file: BinaryIO, start: int, frame_at: FrameAt) -> None:
        self.file, self.frame_at = file, frame_at
        self.position = start  # of buffer[0] in the file
        self.buffer = b""
        self.at = 0
        self.lost = True  # not known to stand at a frame
        self.duration, self.frames, self.audio_bytes, self.junk = 0.0, 0, 0, 0
        self.audio_start = start
        self.minute_end: int | None = None
        self.announced: Announced | None = None
        self.first: Frame | None = None
        file.seek(start)

    def run(self) -> Walked | None:
        while self._have(HEADER):
            frame = self.frame_at(self.buffer, self.at)
            if frame is None or (self.lost and not self._leads_to_another(frame)):
                self._search()
            elif not self._have(frame.length):
                break  # the last frame is cut: players stop here as well
            else:
                self.lost = False
                self._take(frame)
        return self._result()

    def _take(self, frame: Frame) -> None:
        if self.first is None:
            self.first = frame
            self.audio_start = self.position + self.at
            self.announced = announced_by(self.buffer[self.at : self.at + frame.length])
            if self.announced is not None:
                self.at += frame.length
                return
        self.frames += 1
        self.duration += frame.seconds
        self.audio_bytes += frame.length
        self.at += frame.length
        if self.minute_end is None and self.duration >= MINUTE:
            self.minute_end = self.position + self.at

    def _search(self) -> None:
        """Go on to the next byte that could begin a frame."""
        found = self.buffer.find(b"\xff", self.at + 1)
        target = found if found >= 0 else len(self.buffer)
        self.junk += target - self.at
        self.at = target
        self.lost = True

    def _leads_to_another(self, frame: Frame) -> bool:
        """A stray sync word is no frame: another one, or the end of the file, must follow."""
        if not self._have(frame.length + HEADER):
            return self.first is not None and self._have(frame.length)
        return self.frame_at(self.buffer, self.at + frame.length) is not None

    def _have(self, count: int) -> bool:
        if self.at + count <= len(self.buffer):
            return True
        self.position += self.at
        self.buffer = self.buffer[self.at :]
        self.at = 0
        while len(self.buffer) < count and (piece := self.file.read(PIECE)):
            self.buffer += piece
        return count <= len(self.buffer)

    def _result(self) -> Walked | None:
        if self.first is None or not self.frames:
            return None
        silence = self.announced.silence if self.announced else 0
        heard = self.duration - silence / self.first.sample_rate
        return Walked(
            heard if heard > 0 else self.duration,
            self.frames,
            self.audio_start,
            self.audio_bytes,
            self.junk,
            self.minute_end,
            self.first,
            self.announced,
        )
