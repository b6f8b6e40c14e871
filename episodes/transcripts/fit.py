"""Whether a transcript is as long as its audio: another one's words end elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from episodes.transcripts.cues import Cue

FORGIVEN = 2.0  # seconds that words may end after the audio
OUTRO = 60.0  # seconds that audio may go on without words, whatever its length
SILENT_PART = 0.1  # of the audio's length, for music at the end of long episodes


def last_words(cues: Iterable[Cue]) -> float | None:
    """When the last words end, in seconds; None where nobody knows."""
    times = [time for cue in cues for time in (cue.start, cue.end) if time is not None]
    return max(times, default=None)


def misfit(ends: float | None, duration: float | None) -> Literal["", "beyond", "early"]:
    """Whether words that end at ``ends`` go beyond audio of ``duration`` seconds, or end early."""
    if ends is None or duration is None:
        return ""
    if ends > duration + FORGIVEN:
        return "beyond"
    return "early" if duration - ends > max(OUTRO, SILENT_PART * duration) else ""
