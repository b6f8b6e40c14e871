"""Convert a file to one of the two formats that every podcast app plays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Fraction, Limits, run_limited
from episodes.audio.probe import probe

# An hour of sound takes about half a minute; ten hours must pass on a slow machine as well.
CONVERT_LIMITS = Limits(
    memory=800 * 1024 * 1024, cpu=2 * 3600, wall=6 * 3600, written=8 * 1024 * 1024 * 1024
)
Form = Literal["mp3", "m4a"]


def convert(
    source: Path,
    target: Path,
    *,
    to: Form,
    bitrate: int | None = None,
    progress: Fraction | None = None,
    limits: Limits = CONVERT_LIMITS,
) -> AudioFacts:
    """Write ``source`` to ``target`` as MP3 or AAC in M4A; the facts of the new file.

    Tags, cover and chapters go along. ``bitrate`` is in bits per second, 96 000 for mono and
    128 000 for stereo when None; sound that is already in the wanted codec is taken over as
    it is. ``progress`` hears fractions from 0 to 1. Raises AudioRefused, also when there is
    no encoder (``no_encoder``), and then leaves no target behind.
    """
    arguments = {
        "source": str(source.absolute()),
        "target": str(target.absolute()),
        "to": to,
        "bitrate": bitrate,
    }
    return make("convert", arguments, target, limits, progress)


def make(
    job: str,
    arguments: Mapping[str, str | float | None],
    target: Path,
    limits: Limits,
    progress: Fraction | None = None,
) -> AudioFacts:
    """Run a job that writes ``target``, and probe what came out."""
    try:
        run_limited(job, arguments, limits, progress)
        return probe(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
