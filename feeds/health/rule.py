"""A rule, what it finds, and the questions that several rules ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar
from urllib.parse import urlsplit

Level = Literal["error", "warning", "hint"]
LEVELS: tuple[Level, ...] = ("error", "warning", "hint")  # what weighs most first


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend. ``where`` is "show" or an episode's guid; ``code`` never changes.

    An error keeps the feed or episode out of directories or apps; a warning costs listeners
    something; a hint would make it better.
    """

    level: Level
    code: str
    text: str  # may name {title}
    title: str
    where: str

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.text.format(title=self.title)


def say(text: str) -> str:
    """Marks a sentence to be translated where it is shown."""
    return text


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Rule(Generic[Thing]):
    """``broken`` says whether the thing breaks it; ``message`` may name ``{title}``."""

    level: Level
    code: str
    broken: Callable[[Thing], bool]
    message: str


def size_of(text: str) -> int:
    """Bytes in a feed."""
    return len(text.encode(errors="replace"))


def is_https(url: str) -> bool:
    """Whether an address is one that every app follows: https, and ASCII throughout."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc) and url.isascii()


def odd_artwork(url: str | None) -> bool:
    """Whether a picture there may not be shown: apps go by the ending."""
    return url is not None and not url.endswith((".jpg", ".png"))
