"""Probe an audio file: what it is, how long, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Limits, run_limited

# Counting the frames of an MP3 reads all of it: a slow machine manages this much in a second.
_BYTES_A_SECOND = 25 * 1024 * 1024


def limits_for(path: Path) -> Limits:
    """What probing a file of this size may take."""
    try:
        seconds = path.stat().st_size // _BYTES_A_SECOND
    except OSError as error:
        raise AudioRefused("unreadable", repr(error)) from error
    usual = Limits()
    return replace(usual, cpu=usual.cpu + seconds, wall=usual.wall + 15 * seconds)


def probe(path: Path, *, limits: Limits | None = None) -> AudioFacts:
    """The facts of an audio file, found out in a limited child process.

    The format is told by the content, never by the name. Raises AudioRefused with the reason.
    """
    arguments = {"source": str(path.absolute())}
    facts = run_limited("probe", arguments, limits or limits_for(path))
    if facts is None:
        raise AudioRefused("unreadable")
    return facts
