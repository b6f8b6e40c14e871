"""Cut a part out of a file, as the preview of an episode."""

from __future__ import annotations

from pathlib import Path

from episodes.audio.convert import CONVERT_LIMITS, make
from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Limits


def cut(
    source: Path,
    target: Path,
    *,
    end: float,
    start: float = 0.0,
    fade: float = 2.0,
    limits: Limits = CONVERT_LIMITS,
) -> AudioFacts:
    """Write the part from ``start`` to ``end`` (seconds) to ``target``; the facts of the part.

    MP3, AAC and M4A stay what they are and lose nothing. Everything else becomes an MP3 that
    fades in and out over ``fade`` seconds where it was cut; so the name of the target tells
    nothing, and the extension in the facts does. An end beyond the recording is its end.
    Raises AudioRefused: ``bad_range`` when there is nothing in it.
    """
    arguments: dict[str, str | float | None] = {
        "source": str(source.absolute()),
        "target": str(target.absolute()),
        "start": start,
        "end": end,
        "fade": fade,
    }
    return make("cut", arguments, target, limits)
