"""Probe an audio file: what it is, how long, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Limits, run_limited


def probe(path: Path, *, limits: Limits | None = None) -> AudioFacts:
    """The facts of an audio file, found out in a limited child process.

    The format is told by the content, never by the name. Raises AudioRefused with the reason.
    """
    arguments = {"source": str(path.absolute())}
    facts = run_limited("probe", arguments, limits or Limits())
    if facts is None:
        raise AudioRefused("unreadable")
    return facts
