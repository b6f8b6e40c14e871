"""Which format a transcript has, and from one to another."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from episodes.transcripts import json_format, plain, srt, vtt
from episodes.transcripts.cues import MAX_BYTES, Cue, TranscriptRefused, check_cues, make_cue


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write transcripts; ``timed`` when it cannot do without times."""

    mime: str
    extension: str
    timed: bool
    read: Callable[[str], Iterator[Cue | None]]
    write: Callable[[Iterable[Cue]], str]


FORMATS = {
    each.mime: each
    for each in (
        Format("text/vtt", "vtt", True, vtt.read_cues, vtt.write_cues),
        Format("application/x-subrip", "srt", True, srt.read_cues, srt.write_cues),
        Format("application/json", "json", False, json_format.read_cues, json_format.write_cues),
        Format("text/plain", "txt", False, plain.read_cues, plain.write_cues),
    )
}
_ALSO = {"application/srt": "application/x-subrip", "text/srt": "application/x-subrip"}


def find_format(name: str, data: bytes = b"") -> Format:
    """The format by a file's name or MIME type, else by how it begins.

    Raises TranscriptRefused, naming the formats there are.
    """
    given = name.lower().partition(";")[0].strip()
    given = _ALSO.get(given, given)
    if given in FORMATS:
        return FORMATS[given]
    for each in FORMATS.values():
        if given.endswith(f".{each.extension}"):
            return each
    begin = data[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    if begin.startswith(b"WEBVTT"):
        return FORMATS["text/vtt"]
    if begin.startswith(b"{"):
        return FORMATS["application/json"]
    if b"-->" in begin:
        return FORMATS["application/x-subrip"]
    raise TranscriptRefused("a transcript can be .vtt, .srt, .json or .txt")


def read_transcript(data: bytes, mime: str) -> tuple[Cue, ...]:
    """The cues of a transcript in the order of time; ``mime`` may also be a file's name.

    Raises TranscriptRefused, and nothing else, whatever the bytes.
    """
    if len(data) > MAX_BYTES:
        raise TranscriptRefused("the transcript is larger than 8 MB")
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    return check_cues(find_format(mime, data).read(text))


def write_transcript(cues: Iterable[Cue], mime: str) -> bytes:
    """The cues in a format, UTF-8. Raises TranscriptRefused when it needs times they lack.

    Each cue becomes one line first, so that words with blank lines make no cues of their own.
    """
    tidied = check_cues(make_cue(c.start, c.end, c.speaker, c.text) for c in cues)
    return find_format(mime).write(tidied).encode()


def convert_transcript(data: bytes, mime: str, to: str) -> bytes:
    """A transcript in another format. Raises TranscriptRefused."""
    return write_transcript(read_transcript(data, mime), to)


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 where the file says so."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise TranscriptRefused("the transcript is not UTF-8: save it as UTF-8 text") from error
