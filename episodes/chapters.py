"""Chapters: JSON Chapters 1.2 of the podcast namespace, read, checked and written.

A show stores an episode's chapters as rows, the very objects of that format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from episodes.errors import EpisodeError
from episodes.links import secure_link
from episodes.notes import timestamps
from episodes.pictures import usable_picture, with_addresses

MIME = "application/json+chapters"
VERSION = "1.2.0"
MAX_BYTES = 1_000_000
MAX_CHAPTERS = 1000
MAX_TITLE = 255  # characters
MAX_SECONDS = 1_000_000
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


class ChaptersRefused(EpisodeError):
    """These cannot be an episode's chapters; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From ``start`` on, in seconds. With ``toc`` off, apps show its picture but not its title."""

    start: float
    title: str = ""
    end: float | None = None
    url: str | None = None
    image: str | None = None  # an address, or the key of a stored picture
    toc: bool = True


def chapters_json(
    rows: Sequence[Mapping[str, Any]], *, title: str, address: Callable[[str], str] = str
) -> dict[str, Any]:
    """The document served as ``MIME``, from stored rows, in ascending order.

    ``address`` tells where a stored picture is. A row without a time is left out: one bad mark
    in a file must not cost all the others.
    """
    timed = [row for row in rows if isinstance(row.get("startTime"), int | float)]
    ordered = sorted(timed, key=lambda row: float(row["startTime"]))
    return {"version": VERSION, "title": title, "chapters": with_addresses(ordered, address)}


def write_chapters(chapters: Iterable[Chapter], *, title: str = "") -> bytes:
    """A JSON Chapters file."""
    document = chapters_json(to_rows(chapters), title=title)
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def read_chapters(data: bytes) -> list[Chapter]:
    """The chapters of a JSON Chapters file of any 1.x version, ascending.

    Raises ChaptersRefused, and nothing else, whatever the bytes.
    """
    if len(data) > MAX_BYTES:
        raise ChaptersRefused("the chapters file is larger than 1 MB")
    try:
        document = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ChaptersRefused("the chapters file is not JSON") from error
    if not isinstance(document, dict) or not str(document.get("version", "")).startswith("1."):
        raise ChaptersRefused("the file is not JSON Chapters version 1")
    rows = document.get("chapters")
    if not isinstance(rows, list):
        raise ChaptersRefused("the file holds no list of chapters")
    return from_rows(rows)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def from_rows(rows: Sequence[Any]) -> list[Chapter]:
    """Objects of the JSON Chapters format → chapters, ascending. Raises ChaptersRefused."""
    return check_chapters([_from_row(number, row) for number, row in enumerate(rows, 1)])


def to_rows(chapters: Iterable[Chapter]) -> list[dict[str, Any]]:
    """Chapters as objects of the JSON Chapters format, to store or to serve."""
    return [_to_row(chapter) for chapter in chapters]


def chapters_from_text(text: str) -> list[Chapter]:
    """Chapters from lines such as ``12:30 The storm``, each ending where the next begins."""
    return [Chapter(float(start), title[:MAX_TITLE]) for start, title in timestamps(text)]


def check_chapters(chapters: Iterable[Chapter], duration: float | None = None) -> list[Chapter]:
    """The chapters in ascending order. Raises ChaptersRefused, naming the one to mend.

    ``duration`` is the episode's, in seconds; a second more is forgiven.
    """
    ordered = sorted(chapters, key=lambda chapter: chapter.start)
    if len(ordered) > MAX_CHAPTERS:
        raise ChaptersRefused(f"there are more than {MAX_CHAPTERS} chapters")
    last = MAX_SECONDS if duration is None else duration + 1
    for number, chapter in enumerate(ordered, 1):
        name = f"chapter {number}" + (f" (“{chapter.title}”)" if chapter.title else "")
        if not 0 <= chapter.start <= last:
            raise ChaptersRefused(f"{name} begins outside of the episode")
        if chapter.end is not None and chapter.end < chapter.start:
            raise ChaptersRefused(f"{name} ends before it begins")
        if len(chapter.title) > MAX_TITLE:
            raise ChaptersRefused(f"chapter {number} has a title of more than 255 characters")
        if chapter.toc and not chapter.title:
            raise ChaptersRefused(f"{name} has no title")
    return ordered


def _from_row(number: int, row: Any) -> Chapter:
    if not isinstance(row, Mapping):
        raise ChaptersRefused(f"chapter {number} is not an object")
    start = _seconds(row.get("startTime"))
    if start is None:
        raise ChaptersRefused(f"chapter {number} has no startTime in seconds")
    image = _picture(row.get("img"))
    title = _text(row.get("title"))
    # A chapter without title that only changes the picture is a silent one.
    toc = row.get("toc") is not False and bool(title)
    return Chapter(start, title, _seconds(row.get("endTime")), _link(row.get("url")), image, toc)


def _to_row(chapter: Chapter) -> dict[str, Any]:
    row: dict[str, Any] = {"startTime": chapter.start, "title": chapter.title}
    optional = {"endTime": chapter.end, "url": chapter.url, "img": chapter.image}
    row |= {name: value for name, value in optional.items() if value is not None}
    return row if chapter.toc else row | {"toc": False}


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not abs(value) <= MAX_SECONDS:  # also true of what is no number
        raise ChaptersRefused("a chapter's time is beyond all measure")
    return float(value)


def _text(value: Any) -> str:
    return _CONTROL.sub(" ", value).strip()[:MAX_TITLE] if isinstance(value, str) else ""


def _picture(value: Any) -> str | None:
    return usable_picture(value.strip()) if isinstance(value, str) else None


def _link(value: Any) -> str | None:
    link = secure_link(value.strip()) if isinstance(value, str) else None
    return link if link and link.startswith("https://") else None
