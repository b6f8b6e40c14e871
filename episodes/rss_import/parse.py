"""A feed's bytes → ForeignFeed: feedparser for what RSS, Atom and Apple's tags say, and the
podcast namespace, which it does not know, from the same tree."""

from __future__ import annotations

import calendar
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.feed import ForeignFeed, ForeignItem
from episodes.rss_import.namespace import (
    categories_of,
    cover_of,
    guid_of,
    image_of,
    inline_chapters,
    item_elements,
    item_extras,
    persons_of,
    show_extras,
)
from episodes.rss_import.xml import read_tree

MAX_FEED = 30 * 1024 * 1024
MAX_ITEMS = 10_000
_TYPES = {"full", "trailer", "bonus"}


def parse_feed(data: bytes, *, url: str = "", charset: str = "") -> ForeignFeed:
    """Read a feed found at ``url`` (for its relative addresses). Raises ImportRefused."""
    root = read_tree(data, charset)
    elements = item_elements(root)
    if len(elements) > MAX_ITEMS:
        raise ImportRefused(f"the feed has more than {MAX_ITEMS} items")
    clean = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    parsed = feedparser.parse(
        io.BytesIO(clean),
        sanitize_html=False,  # done with what we keep of it, by the one sanitizer of the house
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    entries = parsed.entries
    if len(entries) != len(elements):
        raise ImportRefused("the feed is too damaged to be read: have it mended by its host")
    items = [_item(e, x, url) for e, x in zip(entries, elements, strict=True)]
    return _feed(parsed.feed, root, url, items)


def _feed(said: Any, root: etree._Element, url: str, items: list[ForeignItem]) -> ForeignFeed:
    owner = said.get("publisher_detail") or {}
    return ForeignFeed(
        title=_line(said.get("title"), 255),
        description_html=str(said.get("subtitle") or said.get("summary") or ""),
        owner_name=_line(owner.get("name"), 255),
        owner_email=_line(owner.get("email"), 320),
        link=_address(said.get("link"), url),
        # Some write the name of a locale, such as de_DE.
        language=_line(said.get("language"), 16).lower().replace("_", "-"),
        copyright=_line(said.get("rights"), 255),
        type="serial" if _line(said.get("itunes_type"), 16).lower() == "serial" else "episodic",
        image_url=cover_of(root, url) or _address((said.get("image") or {}).get("href"), url),
        generator=_line(said.get("generator"), 255),
        categories=categories_of(root),
        persons=persons_of(root, channel=True),
        items=tuple(items),
        next_url=_next_page(said.get("links") or [], url),
        **show_extras(root, url),
    )


def _item(said: Any, element: etree._Element, url: str) -> ForeignItem:
    audio = _audio(said.get("enclosures") or [])
    address = _address(audio.get("href"), url)
    extras = item_extras(element, url)
    return ForeignItem(
        # Without a guid, apps go by the address of the audio.
        guid=guid_of(element) or address,
        title=_line(said.get("title"), 255) or "Untitled",
        notes_html=_notes(said),
        link=_address(said.get("link"), url),
        published=_time(said.get("published_parsed") or dict.get(said, "updated_parsed")),
        season=_number(said.get("itunes_season")),
        number=_number(said.get("itunes_episode")),
        type=_type(said.get("itunes_episodetype")),
        audio_url=address,
        audio_mime=str(audio.get("type") or "").lower()[:100],
        length=_number(audio.get("length")) or 0,
        image_url=image_of(element, url) or _address((said.get("image") or {}).get("href"), url),
        chapters=inline_chapters(element),
        persons=persons_of(element, channel=False),
        **extras,
    )


def _audio(enclosures: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The enclosure that is audio, else the first one there is."""
    named = [each for each in enclosures if each.get("href")]
    sounding = [each for each in named if str(each.get("type") or "").startswith("audio/")]
    return next(iter(sounding or named), {})


def _notes(said: Any) -> str:
    """The fullest of content:encoded, description and the iTunes summary."""
    contents = [str(each.get("value") or "") for each in said.get("content") or []]
    texts = [*contents, str(said.get("summary") or ""), str(said.get("subtitle") or "")]
    return max(texts, key=lambda text: len(text.strip()))


def _line(value: Any, longest: int) -> str:
    return " ".join(str(value or "").split())[:longest]


def _address(value: Any, base: str) -> str:
    """An absolute web address, or nothing."""
    text = str(value or "").strip()
    try:
        joined = urljoin(base, text) if text else ""
    except ValueError:
        return ""
    return joined[:4000] if joined.startswith(("https://", "http://")) else ""


def _number(value: Any) -> int | None:
    text = str(value if value is not None else "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _type(value: Any) -> str:
    text = _line(value, 16).lower()
    return text if text in _TYPES else "full"


def _time(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _next_page(links: list[Mapping[str, Any]], url: str) -> str:
    """RFC 5005: the next page of a paged feed, or the archive before this document."""
    for relation in ("next", "prev-archive"):
        for link in links:
            if link.get("rel") == relation:
                return _address(link.get("href"), url)
    return ""
