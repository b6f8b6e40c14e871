"""Transcripts: WebVTT, SubRip, JSON and plain text, read into one list of cues and written back.

A new format is a module with ``read_cues`` and ``write_cues`` and a row in ``choose.py``.
"""

from episodes.transcripts.choose import (
    FORMATS,
    Format,
    convert_transcript,
    find_format,
    read_transcript,
    write_transcript,
)
from episodes.transcripts.cues import Cue, TranscriptRefused, words_of

__all__ = [
    "FORMATS",
    "Cue",
    "Format",
    "TranscriptRefused",
    "convert_transcript",
    "find_format",
    "read_transcript",
    "words_of",
    "write_transcript",
]
