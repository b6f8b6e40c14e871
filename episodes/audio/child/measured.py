"""What was measured of the sound itself."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.audio.facts import ChapterFact


@dataclass(frozen=True, slots=True)
class Measured:
    """Duration in seconds, bitrate in bits per second, places and counts in bytes.

    ``texts`` and ``chapters`` are what the container itself says, for where tags are silent.
    """

    codec: str
    duration: float
    bitrate: int
    sample_rate: int
    channels: int
    audio_start: int
    minute_bytes: int
    texts: dict[str, str] | None = None
    chapters: tuple[ChapterFact, ...] = ()
    warnings: tuple[str, ...] = ()
