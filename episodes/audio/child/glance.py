"""Read only what a file says of itself, from as much of it as is there.

The file is one with holes: the pieces that hold the tags at their places, nothing between.
So the sound is not looked at, and neither are chapters, which may lie in a hole.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from episodes.audio.child.examine import FORMS, kind_of
from episodes.audio.child.measured import Measured
from episodes.audio.child.tags import read_tags
from episodes.audio.facts import AudioFacts

_NOTHING = Measured("", 0, 0, 0, 0, 0, 0)


def glance(path: Path) -> AudioFacts:
    """The tags' words; everything measured is 0. Raises AudioRefused."""
    kind = kind_of(path)
    with path.open("rb") as file:
        found = read_tags(file, kind, _NOTHING)
    form = FORMS[kind]
    return AudioFacts(
        format=form.name,
        codec="",
        mime=form.mime,
        extension=form.extension,
        duration_seconds=0,
        bitrate=0,
        sample_rate=0,
        channels=0,
        size=path.stat().st_size,
        audio_start=0,
        minute_bytes=0,
        tags=replace(found.tags, cover=None),
        chapters=(),
        warnings=found.warnings,
    )
