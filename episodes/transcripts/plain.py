"""Plain text: paragraphs, without times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from episodes.transcripts.cues import Cue, join_speaker, make_cue, split_speaker

_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")


def read_cues(text: str) -> Iterator[Cue | None]:
    """A cue for each paragraph."""
    for paragraph in _PARAGRAPHS.split(text):
        speaker, words = split_speaker(" ".join(paragraph.split()))
        yield make_cue(None, None, speaker, words)


def write_cues(cues: Iterable[Cue]) -> str:
    """A paragraph for each cue."""
    return "\n\n".join(map(join_speaker, cues)) + "\n"
