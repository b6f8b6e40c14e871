"""The common form of all transcripts: cues, their limits and their times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from episodes.errors import EpisodeError

MAX_BYTES = 8 * 1024 * 1024
MAX_CUES = 50_000
MAX_TEXT = 20_000  # characters of one cue
MAX_SPEAKER = 128  # characters
MAX_SECONDS = 1_000_000
UNKNOWN_LENGTH = 3.0  # seconds that a last cue without end is shown
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?=\s|$)")
# A name of up to four words, each with a capital letter first or a number ("Speaker 1").
_NAME = r"[A-ZÀ-ÖØ-Þ][\w.’'-]{0,30}(?: [A-ZÀ-ÖØ-Þ0-9][\w.’'-]{0,30}){0,3}"
_SPEAKER = re.compile(rf"({_NAME}): (\S.*)")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


class TranscriptRefused(EpisodeError):
    """This is no transcript that could be used; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words in one line, who says them, and from when to when (seconds, or None)."""

    start: float | None
    end: float | None
    speaker: str
    text: str


def make_cue(start: float | None, end: float | None, speaker: str, text: str) -> Cue | None:
    """A cue made tidy; None when nothing is said in it."""
    words = tidy(text, MAX_TEXT)
    if end is not None and (start is None or end <= start):
        end = None
    return Cue(start, end, tidy(speaker, MAX_SPEAKER), words) if words else None


def tidy(text: str, limit: int) -> str:
    """One line without control characters, of at most ``limit`` characters."""
    return " ".join(_FORBIDDEN.sub(" ", text).split())[:limit].rstrip()


def check_cues(cues: Iterable[Cue | None]) -> tuple[Cue, ...]:
    """The cues in the order of time. Raises TranscriptRefused for none or far too many."""
    found: list[Cue] = []
    for cue in cues:
        if cue is not None:
            found.append(cue)
        if len(found) > MAX_CUES:
            raise TranscriptRefused(f"the transcript has more than {MAX_CUES} parts")
    if not found:
        raise TranscriptRefused("no words were found in the transcript")
    if any(cue.start is None for cue in found):
        return tuple(found)
    return tuple(sorted(found, key=lambda cue: cue.start or 0.0))


def timed(cues: Iterable[Cue]) -> list[tuple[float, float, Cue]]:
    """(start, end, cue) for formats that need both; a missing end is where the next begins.

    Raises TranscriptRefused when a cue has no time at all.
    """
    known = list(cues)
    if any(cue.start is None for cue in known):
        raise TranscriptRefused("a transcript without times cannot become subtitles")
    starts = [cue.start or 0.0 for cue in known]
    following = [later for _, later in pairwise(starts)] + [None]
    return [
        (start, _end(cue, start, later), cue)
        for cue, start, later in zip(known, starts, following, strict=True)
    ]


def _end(cue: Cue, start: float, later: float | None) -> float:
    if cue.end is not None:
        return cue.end
    if later is not None and start < later <= start + UNKNOWN_LENGTH:
        return later
    return start + UNKNOWN_LENGTH


def words_of(cues: Iterable[Cue]) -> str:
    """Everything that is said, as one text to search or to read; speakers before their words."""
    lines: list[str] = []
    speaker = ""
    for cue in cues:
        if cue.speaker and cue.speaker != speaker:
            lines.append(f"{cue.speaker}: {cue.text}")
        else:
            lines.append(cue.text)
        speaker = cue.speaker or speaker
    return "\n".join(lines)


def blocks(text: str, *, but: tuple[str, ...] = ()) -> Iterator[tuple[float, float, list[str]]]:
    """(start, end, lines) of each block with a timing line; others are passed over.

    SubRip and WebVTT are alike in this: blocks between blank lines, each with its times on
    its first or second line. Blocks that begin with a word of ``but`` are passed over too.
    """
    for block in _BLANK_LINES.split(text):
        lines = block.strip("\n").split("\n")
        if lines[0].split(" ")[0].strip() in but:
            continue
        for at, line in enumerate(lines[:2]):
            if match := _TIMING.match(line):
                times = match.groups()
                yield seconds_of(times[:4]), seconds_of(times[4:]), lines[at + 1 :]
                break


def seconds_of(parts: tuple[str | None, ...]) -> float:
    """Hours, minutes, seconds and a fraction, as matched, in seconds."""
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return min(whole + int(fraction.ljust(3, "0")) / 1000, float(MAX_SECONDS))


def clock(seconds: float, mark: str = ".") -> str:
    """``01:02:03.400``; ``mark`` stands before the thousandths."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{mark}{rest:03}"


def split_speaker(text: str) -> tuple[str, str]:
    """("Marit Solberg", "Hello") for ``Marit Solberg: Hello``, else ("", text)."""
    match = _SPEAKER.match(text)
    return (match[1], match[2]) if match else ("", text)


def join_speaker(cue: Cue) -> str:
    """The words with the speaker before them, as plain formats have it."""
    return f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text
