"""Tags, covers and chapters, through mutagen."""

from __future__ import annotations

from typing import BinaryIO

from mutagen import MutagenError

from episodes.audio.child.measured import Measured
from episodes.audio.child.sniff import Kind, id3_size
from episodes.audio.child.tags.found import Found, from_texts
from episodes.audio.child.tags.id3 import read_id3, read_wave
from episodes.audio.child.tags.mp4 import read_mp4
from episodes.audio.child.tags.vorbis import read_flac, read_opus, read_vorbis

__all__ = ["Found", "read_tags"]

MAX_ID3 = 16 * 1024 * 1024
_READERS = {
    "mp3": read_id3,
    "aac": read_id3,
    "mp4": read_mp4,
    "vorbis": read_vorbis,
    "opus": read_opus,
    "flac": read_flac,
    "wav": read_wave,
}


def read_tags(file: BinaryIO, kind: Kind, measured: Measured) -> Found:
    """What the file says of itself. Bad tags are a warning: the sound is what counts.

    Lets MemoryError and RecursionError through.
    """
    # Told by ten bytes, before any of it is read.
    if id3_size(file) > MAX_ID3:
        return Found(warnings=("tags_too_large",))
    file.seek(0)
    try:
        found = _READERS[kind](file)
    except (MutagenError, ValueError, LookupError, TypeError, AttributeError, EOFError):
        found = Found(warnings=("tags_unreadable",))
    return found.or_else(from_texts(measured.texts or {}), measured.chapters).printable()
