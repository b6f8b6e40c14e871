"""Sentences of the domain, known by heart so that they can be said in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from flask_babel import gettext

_PLACE = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")


def N_(sentence: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """A sentence to be translated later; ``%(name)s`` stands for what is put in."""
    return sentence


def translated(sentence: str, known: Iterable[str]) -> str | None:
    """The sentence in the reader's language, None where it is none of the known."""
    for each in known:
        found = _pattern(each).fullmatch(sentence)
        if found is not None:
            return str(gettext(each, **found.groupdict()))
    return None


def as_sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


@lru_cache(maxsize=512)
def _pattern(known: str) -> re.Pattern[str]:
    escaped = re.escape(known)
    return re.compile(_PLACE.sub(lambda m: f"(?P<{m[1] or m[2]}>.*)", escaped), re.DOTALL)
