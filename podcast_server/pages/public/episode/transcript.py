"""A stored transcript as paragraphs to read: WebVTT, SubRip, JSON (podcast namespace) or text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError

from episodes.models import Transcript

MAX_BYTES = 8 * 1024 * 1024
LONGEST_PARAGRAPH = 420  # characters
LONGEST_PAUSE = 2.5  # seconds
_PREFERENCE = ("text/vtt", "application/x-subrip", "application/json", "text/plain")
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"{_TIME}\s+-->\s+{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_MARKUP = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Cue:
    """A few words and when they are said, in seconds; ``start`` None where nobody knows."""

    start: float | None
    end: float | None
    speaker: str
    text: str


def preferred(transcripts: Iterable[Transcript]) -> Transcript | None:
    """The one that pages show: timed rather than plain."""
    usable = [each for each in transcripts if each.mime in _PREFERENCE and each.size <= MAX_BYTES]
    return min(usable, key=lambda each: _PREFERENCE.index(each.mime), default=None)


def by_language(transcripts: Iterable[Transcript], show_language: str) -> dict[str, Transcript]:
    """The one that pages show in each language, the show's own first."""
    grouped: dict[str, list[Transcript]] = {}
    for each in transcripts:
        grouped.setdefault(each.language or show_language, []).append(each)
    found = {code: best for code, group in grouped.items() if (best := preferred(group))}
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != show_language, pair[0])))


def asked_for(found: dict[str, Transcript], language: str) -> tuple[str, Transcript] | None:
    """The transcript in a language, else the first there is, with its language."""
    for code in (language, *found):
        if code in found:
            return code, found[code]
    return None


def language_name(code: str) -> str:
    """A language by its own name; the code where nobody knows one."""
    try:
        name = Locale.parse(code, sep="-").get_display_name()
    except (ValueError, UnknownLocaleError):
        name = None
    return (name or code).capitalize()


def read_cues(data: bytes, mime: str) -> list[Cue]:
    """The cues of a transcript. What cannot be understood is left out, never an error."""
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if mime == "application/json":
        return list(_from_json(text))
    if mime in {"text/vtt", "application/x-subrip"}:
        return list(_from_blocks(text))
    parts = re.split(r"\n\s*\n", text)
    return [Cue(None, None, "", part.strip()) for part in parts if part.strip()]


def paragraphs(cues: Iterable[Cue]) -> list[list[Cue]]:
    """Cues joined into paragraphs: a new one for a new speaker, after a pause, or when long."""
    grouped: list[list[Cue]] = []
    for cue in cues:
        if grouped and _continues(grouped[-1], cue):
            grouped[-1].append(cue)
        else:
            grouped.append([cue])
    return grouped


def _continues(paragraph: list[Cue], cue: Cue) -> bool:
    last = paragraph[-1]
    if cue.start is None or last.end is None or cue.speaker != last.speaker:
        return False
    long = sum(len(each.text) for each in paragraph) > LONGEST_PARAGRAPH
    return cue.start - last.end < LONGEST_PAUSE and not (
        long and last.text.endswith((".", "!", "?"))
    )


def _from_blocks(text: str) -> Iterator[Cue]:
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip().split("\n")
        at = next((i for i, line in enumerate(lines[:2]) if _TIMING.match(line.strip())), None)
        if at is None:
            continue
        timing = _TIMING.match(lines[at].strip())
        assert timing is not None
        body = " ".join(lines[at + 1 :])
        voice = _VOICE.search(body)
        words = _plain(body)
        if words:
            speaker = voice[1].strip() if voice else ""
            yield Cue(_seconds(timing.groups()[:4]), _seconds(timing.groups()[4:]), speaker, words)


def _from_json(text: str) -> Iterator[Cue]:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    segments = document.get("segments") if isinstance(document, dict) else None
    for segment in segments if isinstance(segments, list) else []:
        if isinstance(segment, dict) and isinstance(segment.get("body"), str):
            yield Cue(
                _number(segment.get("startTime")),
                _number(segment.get("endTime")),
                str(segment.get("speaker") or ""),
                segment["body"].strip(),
            )


def _plain(body: str) -> str:
    words = _MARKUP.sub("", body)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        words = words.replace(entity, character)
    return " ".join(words.split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
