"""The podcast namespace's JSON: {version, segments: [{speaker, startTime, endTime, body}]}."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from episodes.transcripts.cues import (
    MAX_SECONDS,
    Cue,
    TranscriptRefused,
    make_cue,
)

VERSION = "1.0.0"


def read_cues(text: str) -> Iterator[Cue | None]:
    """The cues of a file. Raises TranscriptRefused when it is no such JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TranscriptRefused("the transcript is not JSON") from error
    segments = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(segments, list):
        raise TranscriptRefused("the JSON holds no list of segments")
    for segment in segments:
        if isinstance(segment, dict):
            yield make_cue(
                _seconds(segment.get("startTime")),
                _seconds(segment.get("endTime")),
                _text(segment.get("speaker")),
                _text(segment.get("body")),
            )


def write_cues(cues: Iterable[Cue]) -> str:
    """A JSON file; times and speakers only where they are known."""
    return json.dumps({"version": VERSION, "segments": [_segment(c) for c in cues]})


def _segment(cue: Cue) -> dict[str, Any]:
    segment = {
        "speaker": cue.speaker or None,
        "startTime": cue.start,
        "endTime": cue.end,
        "body": cue.text,
    }
    return {name: value for name, value in segment.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= MAX_SECONDS else None
