"""WebVTT, the format that podcast apps read best; speakers as ``<v Name>``."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator

from episodes.transcripts.cues import Cue, blocks, clock, make_cue, timed

LINE = 65  # characters that fit on a screen, as the podcast namespace advises
_TAG = re.compile(r"<[^<>]*>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>")


def read_cues(text: str) -> Iterator[Cue | None]:
    """The cues of a file; what is no cue (notes, styles, regions) is passed over."""
    for start, end, lines in blocks(text, but=("NOTE", "STYLE", "REGION")):
        # Words before the first voice, then voice and words by turns.
        parts = _VOICE.split("\n".join(lines))
        yield make_cue(start, end, "", _plain(parts[0]))
        for speaker, words in zip(parts[1::2], parts[2::2], strict=True):
            yield make_cue(start, end, _plain(speaker), _plain(words))


def write_cues(cues: Iterable[Cue]) -> str:
    """A WebVTT file. Raises TranscriptRefused for cues without times."""
    written = ["WEBVTT"]
    for start, end, cue in timed(cues):
        voice = f"<v {_escape(cue.speaker)}>" if cue.speaker else ""
        lines = textwrap.wrap(cue.text, LINE, break_long_words=False, break_on_hyphens=False)
        words = "\n".join(map(_escape, lines))
        written.append(f"{clock(start)} --> {clock(end)}\n{voice}{words}")
    return "\n\n".join(written) + "\n"


def _plain(text: str) -> str:
    # Timestamps inside of a cue look like tags and go with them.
    return html.unescape(_TAG.sub("", text))


def _escape(text: str) -> str:
    """No tag and no ``-->`` can come from the words of a speaker."""
    return html.escape(text, quote=False)
