"""What a text may hold and how long it may be: XML 1.0, PSP-1 and the podcast namespace."""

from __future__ import annotations

import re

MAX_DESCRIPTION = 4000  # bytes, PSP-1
MAX_TEXT = 255  # characters, PSP-1
MAX_NAME = 128  # characters, podcast:person, podcast:funding and the like
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n?")


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold, and without spaces around it.

    Line ends become ``\\n``, as any XML parser would make them.
    """
    return _LINE_END.sub("\n", _FORBIDDEN.sub("", text)).strip()


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """Clean text of at most ``limit`` characters, cut after a word where there is one."""
    text = clean(text)
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    words, space, _ = cut.rpartition(" ")
    return (words if space and len(words) > limit // 2 else cut).rstrip() + "…"
