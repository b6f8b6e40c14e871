"""Measure how loud a recording is along its way, for a picture of it."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

from episodes.audio.child.containers import open_audio
from episodes.audio.child.encode import alike, decoded
from episodes.audio.child.examine import examine, kind_of

_RATE = 8_000  # Hz: nobody sees more in a picture
_LOUDEST = 32_768


def peaks(source: str, target: str, count: int) -> None:
    """Write ``count`` bytes to ``target``: the loudest sample of each stretch, 0 to 255."""
    path = Path(source)
    seconds = examine(path).duration_seconds
    found = bytearray(count)
    at = 0
    with open_audio(path, kind_of(path)) as taken:
        for frame in alike(decoded(taken), "mono", _RATE, "s16"):
            place = min(int(at / _RATE / seconds * count), count - 1)
            found[place] = max(found[place], _loudest(frame))
            at += frame.samples
            if at / _RATE > seconds + 1:
                break  # a file that lies about its length
    Path(target).write_bytes(found)


def _loudest(frame: Any) -> int:
    samples = array("h", bytes(frame.planes[0])[: frame.samples * 2])
    loudest = max(max(samples, default=0), -min(samples, default=0))
    return min(loudest * 255 // _LOUDEST, 255)
