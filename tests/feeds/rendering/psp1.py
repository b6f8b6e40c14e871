"""The rules of PSP-1 and of the podcast namespace as tables, checked over a written feed.

No validator that runs offline covers both, so this is ours: a row for each tag says how often
it may stand, what it may hold, and which attributes it needs. ``broken_rules`` names every
row that a feed breaks.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from episodes.categories import CATEGORIES

NAMESPACES = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
}
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n<rss '
PSP1_HTML = {"p", "ol", "ul", "li", "a", "b", "i", "strong", "em"}

Check = Callable[[str], bool]


def one_of(*values: str) -> Check:
    return lambda text: text in values


def at_most(limit: int) -> Check:
    return lambda text: 0 < len(text) <= limit


short = at_most(255)


def https(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == "https" and bool(parts.netloc) and text.isascii() and " " not in text


def artwork(text: str) -> bool:
    return https(text) and text.endswith((".jpg", ".png"))


def number(text: str) -> bool:
    return re.fullmatch(r"[1-9]\d*", text) is not None


def decimal(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def rfc_2822(text: str) -> bool:
    return parsedate_to_datetime(text).tzinfo is not None


def uuid_5(text: str) -> bool:
    return uuid.UUID(text).version == 5


def psp1_description(text: str) -> bool:
    tags = {tag.lower() for tag in re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", text)}
    return len(text.encode()) <= 4000 and tags <= PSP1_HTML


def email(text: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s]+", text) is not None


def language(text: str) -> bool:
    return re.fullmatch(r"[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*", text) is not None


def copyright_holder(text: str) -> bool:
    return not re.search(r"copyright|©|\b(19|20)\d\d\b", text, re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """How a tag may stand under its parent; ``least``/``most`` is how often (None: any)."""

    name: str
    least: int = 0
    most: int | None = 1
    text: Check | None = short
    attributes: dict[str, Check] = field(default_factory=dict)
    optional: dict[str, Check] = field(default_factory=dict)


PERSON = Tag(
    "podcast:person",
    most=None,
    text=at_most(128),
    optional={"role": at_most(128), "group": at_most(128), "img": https, "href": https},
)
IMAGE = Tag("podcast:image", most=None, text=None, attributes={"href": artwork})
ITUNES_IMAGE = Tag("itunes:image", text=None, attributes={"href": artwork})
EXPLICIT = Tag("itunes:explicit", least=1, text=one_of("true", "false"))

CHANNEL = (
    Tag("title", least=1),
    Tag("description", least=1, text=psp1_description),
    Tag("link", least=1, text=https),
    Tag("language", least=1, text=language),
    Tag(
        "atom:link",
        least=1,
        text=None,
        attributes={
            "href": https,
            "rel": one_of("self"),
            "type": one_of("application/rss+xml"),
        },
    ),
    Tag("itunes:category", 1, None, None, {"text": CATEGORIES.__contains__}),
    EXPLICIT,
    Tag("itunes:image", 1, 1, None, {"href": artwork}),
    Tag("podcast:locked", least=1, text=one_of("yes", "no"), optional={"owner": email}),
    Tag("podcast:guid", least=1, text=uuid_5),
    Tag("itunes:author", least=1),
    Tag("copyright", text=copyright_holder),
    Tag("podcast:funding", most=None, text=at_most(128), attributes={"url": https}),
    Tag("itunes:type", text=one_of("episodic", "serial")),
    Tag("itunes:complete", text=one_of("Yes")),
    Tag("itunes:block", text=one_of("Yes")),
    Tag("googleplay:block", text=one_of("yes")),
    Tag("itunes:new-feed-url", text=https),
    Tag("itunes:owner", text=None),
    Tag("podcast:block", most=None, text=one_of("yes", "no")),
    Tag("podcast:medium", text=one_of("podcast", "course", "audiobook", "music")),
    Tag("lastBuildDate", least=1, text=rfc_2822),
    Tag("ttl", text=number),
    Tag("docs", text=None),
    Tag("generator"),
    PERSON,
    IMAGE,
    Tag("item", most=None, text=None),
)

ITEM = (
    Tag("title", least=1),
    Tag(
        "enclosure",
        text=None,
        attributes={
            "url": lambda url: https(url) and url.endswith((".mp3", ".m4a", ".m4v", ".mp4")),
            "length": number,
            "type": one_of("audio/mpeg", "audio/mp4", "audio/m4a", "audio/x-m4a", "video/mp4"),
        },
    ),
    Tag("guid", least=1, attributes={"isPermaLink": one_of("false")}),
    Tag("link", least=1, text=https),
    Tag("pubDate", least=1, text=rfc_2822),
    Tag("description", text=psp1_description),
    Tag("content:encoded", text=None),
    Tag("itunes:duration", text=number),
    ITUNES_IMAGE,
    EXPLICIT,
    Tag(
        "podcast:transcript",
        most=None,
        text=None,
        attributes={
            "url": https,
            "type": one_of(
                "text/plain", "text/html", "text/vtt", "application/json", "application/x-subrip"
            ),
        },
        optional={"language": language, "rel": one_of("captions")},
    ),
    Tag("itunes:episode", text=number),
    Tag("itunes:season", text=number),
    Tag("itunes:episodeType", text=one_of("full", "trailer", "bonus")),
    Tag("itunes:block", text=one_of("Yes")),
    Tag("itunes:title"),
    Tag("itunes:subtitle"),
    Tag("itunes:author"),
    Tag("podcast:season", text=decimal, optional={"name": at_most(128)}),
    Tag("podcast:episode", text=decimal, optional={"display": at_most(32)}),
    Tag(
        "podcast:chapters",
        text=None,
        attributes={"url": https, "type": one_of("application/json+chapters")},
    ),
    PERSON,
    IMAGE,
)


def broken_rules(feed: bytes) -> list[str]:
    """What is wrong with a feed, a line for each rule that it breaks."""
    root = etree.fromstring(feed)
    channel = root.find("channel")
    assert channel is not None
    return [*_document(feed, root), *_table("channel", channel, CHANNEL), *_items(channel)]


def _document(feed: bytes, root: Any) -> Iterator[str]:
    if not feed.startswith(DECLARATION):
        yield "the declaration is not the one that PSP-1 asks for"
    if root.get("version") != "2.0":
        yield "not RSS 2.0"
    for prefix, address in NAMESPACES.items():
        if root.nsmap.get(prefix) != address:
            yield f"namespace {prefix} is not declared on the root"
    if root.find(".//atom:id", NAMESPACES) is not None:
        yield "an atom:id would be one identity for all members' feeds"


def _items(channel: Any) -> Iterator[str]:
    items = channel.findall("item")
    guids = [each.findtext("guid") for each in items]
    if len(set(guids)) != len(guids):
        yield "two items with the same guid"
    serial = channel.findtext("itunes:type", namespaces=NAMESPACES) == "serial"
    for index, each in enumerate(items):
        where = f"item {index}"
        yield from _table(where, each, ITEM)
        if serial and each.find("enclosure") is not None:
            kind = each.findtext("itunes:episodeType", "full", NAMESPACES)
            if kind == "full" and each.find("itunes:episode", NAMESPACES) is None:
                yield f"{where}: a serial needs episode numbers"


def _table(where: str, parent: Any, table: tuple[Tag, ...]) -> Iterator[str]:
    known = {_qualified(tag.name) for tag in table}
    for child in parent:
        if child.tag not in known:
            yield f"{where}: no rule for {child.tag}"
    for tag in table:
        found = parent.findall(_qualified(tag.name))
        if len(found) < tag.least or (tag.most is not None and len(found) > tag.most):
            yield f"{where}: {tag.name} stands {len(found)} times"
        for element in found:
            yield from _element(f"{where}: {tag.name}", element, tag)


def _element(where: str, element: Any, tag: Tag) -> Iterator[str]:
    text = element.text or ""
    if text != text.strip():
        yield f"{where}: spaces around {text!r}"
    if tag.text is not None and not tag.text(text):
        yield f"{where}: not allowed: {text!r}"
    for name, check in tag.attributes.items():
        if not check(element.get(name, "")):
            yield f"{where} {name}: not allowed: {element.get(name)!r}"
    for name, check in tag.optional.items():
        if name in element.attrib and not check(element.get(name)):
            yield f"{where} {name}: not allowed: {element.get(name)!r}"
    for name in set(element.attrib) - set(tag.attributes) - set(tag.optional):
        yield f"{where}: no rule for attribute {name}"


def _qualified(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name
