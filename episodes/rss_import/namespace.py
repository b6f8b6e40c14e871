"""What feedparser does not read: the podcast namespace, Apple's nested categories, the guid
to the letter. From an lxml tree that has been made harmless."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from lxml import etree

from episodes.categories import is_category
from episodes.links import secure_link
from episodes.rss_import.feed import ForeignTranscript
from episodes.rss_import.xml import name_of

_PODCAST = re.compile(
    r"(https?://podcastindex\.org/namespace/1\.0/?|https?://github\.com/"
    r"podcastindex-org/podcast-namespace/blob/main/docs/1\.0\.md)",
    re.I,
)
_ITUNES = re.compile(r"https?://www\.itunes\.com/dtds/podcast-1\.0\.dtd", re.I)
_SIMPLE_CHAPTERS = re.compile(r"https?://podlove\.org/simple-chapters/?", re.I)
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,6}(?:\.\d{1,3})?)")
_PLAIN = re.compile("")
MAX_PERSONS = 50
MAX_TRANSCRIPTS = 20
MAX_CHAPTERS = 1000


def item_elements(root: etree._Element) -> list[etree._Element]:
    """Items in document order, as feedparser meets them."""
    return [e for e in root.iter("{*}item", "item", "{*}entry", "entry") if _is_item(e)]


def _is_item(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and name_of(parent)[1] in {"channel", "rss", "RDF", "feed"}


def _named(parent: etree._Element, space: re.Pattern[str], local: str) -> list[etree._Element]:
    found = []
    for child in parent.iterchildren("{*}*", "*"):
        namespace, name = name_of(child)
        if name == local and space.fullmatch(namespace):
            found.append(child)
    return found


def _text(elements: list[etree._Element]) -> str:
    return " ".join("".join(elements[0].itertext()).split()) if elements else ""


def _channel(root: etree._Element) -> etree._Element:
    found = next(root.iterchildren("{*}channel", "channel"), None)
    return root if found is None else found


def guid_of(item: etree._Element) -> str:
    """The guid as apps compare it: every letter, without the space around it."""
    for child in item.iterchildren("{*}*", "*"):
        namespace, name = name_of(child)
        if name == "guid" or (name == "id" and "Atom" in namespace):
            return "".join(child.itertext()).strip()
    return ""


def show_extras(root: etree._Element, base: str) -> dict[str, Any]:
    """podcast:guid, podcast:locked and Apple's tags, by the names of ForeignFeed."""
    channel = _channel(root)
    author = _named(channel, _ITUNES, "author") or _named(channel, _PLAIN, "managingEditor")
    return {
        "author": _text(author)[:255],
        "explicit": _explicit(channel) is True,
        "podcast_guid": _uuid(_text(_named(channel, _PODCAST, "guid"))),
        "locked": _text(_named(channel, _PODCAST, "locked")).lower() == "yes",
        "moved_to": _join(base, _text(_named(channel, _ITUNES, "new-feed-url"))),
    }


def cover_of(root: etree._Element, base: str) -> str:
    """The show's artwork as Apple wants it."""
    return image_of(_channel(root), base)


def image_of(element: etree._Element, base: str) -> str:
    """Apple's picture of a channel or an item. The channel's ``<image>`` is another, small one,
    and feedparser takes whichever stands last."""
    found = _named(element, _ITUNES, "image")
    return _join(base, found[0].get("href", "")) if found else ""


def categories_of(root: etree._Element) -> tuple[tuple[str, str | None], ...]:
    """Apple's categories, those that still exist under this name."""
    found: list[tuple[str, str | None]] = []
    for top in _named(_channel(root), _ITUNES, "category"):
        name = top.get("text", "").strip()
        below = [each.get("text", "").strip() for each in _named(top, _ITUNES, "category")]
        for sub in below or [None]:
            pair = (name, sub) if sub and is_category(name, sub) else (name, None)
            if is_category(*pair) and pair not in found:
                found.append(pair)
    return tuple(found[:3])


def persons_of(element: etree._Element, *, channel: bool) -> tuple[dict[str, Any], ...]:
    """podcast:person, as a show or an episode keeps them."""
    place = _channel(element) if channel else element
    persons = []
    for each in _named(place, _PODCAST, "person")[:MAX_PERSONS]:
        name = _text([each])[:128]
        if not name:
            continue
        person: dict[str, Any] = {"name": name}
        person["role"] = (each.get("role") or "host").lower()[:64]
        person["group"] = (each.get("group") or "cast").lower()[:64]
        for key in ("img", "href"):
            link = secure_link((each.get(key) or "").strip())
            if link and link.startswith("https://"):
                person[key] = link
        persons.append(person)
    return tuple(persons)


def item_extras(item: etree._Element, base: str) -> dict[str, Any]:
    """Where chapters and transcripts are, and Apple's tags, by the names of ForeignItem."""
    chapters = _named(item, _PODCAST, "chapters")
    season = _named(item, _PODCAST, "season")
    author = _named(item, _ITUNES, "author")
    transcripts = [
        ForeignTranscript(
            _join(base, each.get("url", "")),
            each.get("type", "").lower()[:100],
            each.get("language", "")[:16],
        )
        for each in _named(item, _PODCAST, "transcript")[:MAX_TRANSCRIPTS]
    ]
    return {
        "chapters_url": _join(base, chapters[0].get("url", "")) if chapters else "",
        "author": _text(author)[:255],
        "explicit": _explicit(item),
        "transcripts": tuple(each for each in transcripts if each.url),
        "season_name": season[0].get("name", "").strip()[:128] if season else "",
    }


def inline_chapters(item: etree._Element) -> tuple[dict[str, Any], ...]:
    """Podlove Simple Chapters as rows of JSON Chapters."""
    rows: list[dict[str, Any]] = []
    for group in _named(item, _SIMPLE_CHAPTERS, "chapters"):
        for each in _named(group, _SIMPLE_CHAPTERS, "chapter")[:MAX_CHAPTERS]:
            start = _seconds(each.get("start", ""))
            if start is None:
                continue
            row: dict[str, Any] = {"startTime": start, "title": each.get("title", "").strip()}
            row |= {"url": each.get("href")} if each.get("href") else {}
            row |= {"img": each.get("image")} if each.get("image") else {}
            rows.append(row)
    return tuple(rows)


def _explicit(parent: etree._Element) -> bool | None:
    """What Apple's tag says, as it is written today (true, false) or was before; None for nothing.

    feedparser knows only "yes" and "clean".
    """
    said = _text(_named(parent, _ITUNES, "explicit")).lower()
    if said in {"true", "yes", "explicit"}:
        return True
    return False if said in {"false", "no", "clean"} else None


def _seconds(clock: str) -> float | None:
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""


def _join(base: str, address: str) -> str:
    try:
        joined = urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:
        return ""
    return joined[:4000] if joined.startswith(("https://", "http://")) else ""
