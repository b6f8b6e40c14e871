"""What is watched: files that appear, and where they go afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

from episodes.sidecars import CHAPTERS, TRANSCRIPTS

DONE, REFUSED = "done", "refused"
# What recorders, browsers and systems leave: not finished, or never meant for us.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
_OTHERS = {"thumbs.db", "desktop.ini"}
_BESIDE = TRANSCRIPTS  # chapters end in .json, too


@dataclass(frozen=True, slots=True)
class Seen:
    """A file at one look. ``mark`` differs as long as it, or what lies beside it, grows."""

    name: str
    size: int  # bytes
    mark: tuple[object, ...]


class Inbox(Protocol):
    """A watched place. May raise OSError or StorageError when it cannot be reached."""

    def look(self) -> list[Seen]:
        """The files that could be audio, by name."""
        ...

    def fetched(self, name: str) -> AbstractContextManager[Path]:
        """The file on this machine for a while, with what lies beside it."""
        ...

    def finish(self, name: str) -> None:
        """Put the file aside as done, with what lies beside it."""
        ...

    def refuse(self, name: str, reason: str) -> None:
        """Put the file aside, with a text saying why."""
        ...


def is_ignored(name: str) -> bool:
    """Hidden, unfinished, or a system's own."""
    lower = name.lower()
    return lower.startswith(".") or lower.endswith(_UNFINISHED) or lower in _OTHERS


def groups(names: Iterable[str]) -> dict[str, list[str]]:
    """Each possible audio file with the files beside it: talk.mp3 → [talk.vtt, …]."""
    present = {name for name in names if not is_ignored(name)}
    audio = [name for name in present if not name.lower().endswith(_BESIDE)]
    return {name: [each for each in beside(name) if each in present] for name in natural(audio)}


def beside(name: str) -> list[str]:
    """The names that transcripts and chapters of an audio file may have."""
    stem = str(PurePath(name).with_suffix(""))
    return [stem + suffix for suffix in (*TRANSCRIPTS, CHAPTERS)]


def natural(names: Iterable[str]) -> list[str]:
    """In the order people count: 2 before 10."""

    def rank(name: str) -> list[tuple[int, int, str]]:
        parts = re.split(r"(\d+)", name.lower())
        return [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in parts if each]

    return sorted(names, key=lambda name: (rank(name), name))


def free_name(name: str, taken: Callable[[str], bool]) -> str:
    """The name itself, or with a number: talk.mp3, talk-2.mp3 …"""
    path, number, free = PurePath(name), 1, name
    while taken(free):
        number += 1
        free = f"{path.stem}-{number}{path.suffix}"
    return free
