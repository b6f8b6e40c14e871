"""SubRip; speakers as ``Name: `` before their words, as podcasts write them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from episodes.transcripts.cues import (
    Cue,
    blocks,
    clock,
    join_speaker,
    make_cue,
    split_speaker,
    timed,
)

LINE = 32  # characters, as the podcast namespace asks
_TAG = re.compile(r"</?(?:b|i|u|font)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


def read_cues(text: str) -> Iterator[Cue | None]:
    """The cues of a file."""
    for start, end, lines in blocks(text):
        speaker, words = split_speaker(" ".join(_TAG.sub("", "\n".join(lines)).split()))
        yield make_cue(start, end, speaker, words)


def write_cues(cues: Iterable[Cue]) -> str:
    """A SubRip file. Raises TranscriptRefused for cues without times."""
    written = []
    for number, (start, end, cue) in enumerate(timed(cues), 1):
        # SubRip has no way to escape: an arrow in the words must not look like times.
        words = join_speaker(cue).replace("-->", "→")
        lines = textwrap.wrap(words, LINE, break_long_words=False, break_on_hyphens=False)
        times = f"{clock(start, ',')} --> {clock(end, ',')}"
        written.append("\n".join([str(number), times, *lines]))
    return "\n\n".join(written) + "\n"
