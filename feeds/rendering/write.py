"""Document → RSS bytes, through feedgen; the only place that knows feedgen.

feedgen 1.0 is dormant, and each oddity that is worked around here is pinned by a test.
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.rendering.document import FeedDocument, FeedItem
from feeds.rendering.limited_html import limited_html
from feeds.rendering.limits import MAX_DESCRIPTION, clean, shorten
from feeds.rendering.report import report_paragraph
from feeds.rendering.tags import googleplay, itunes, podcast

# feedgen switches the process' locale twice for every date, which is not thread-safe and can
# leave the process in another locale; the standard library writes the same bytes.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = email.utils.format_datetime


_PARAGRAPH = re.compile(r"<p>([^<&]*)</p>")


class _ChannelTags(BaseExtension):  # type: ignore[misc]
    """Adds what feedgen lacks to the channel, before the items are appended."""

    document: FeedDocument

    def extend_ns(self) -> dict[str, str]:
        return {"podcast": podcast.NAMESPACE, "googleplay": googleplay.NAMESPACE}

    def extend_rss(self, rss: Any) -> Any:
        channel = rss[0]
        _wrap_description(channel)
        for namespace in (itunes, googleplay, podcast):
            namespace.add_channel_tags(channel, self.document)
        return rss


class _ItemTags(BaseEntryExtension):  # type: ignore[misc]
    """Adds what feedgen lacks to an item."""

    item: FeedItem

    def extend_rss(self, element: Any) -> Any:
        _wrap_description(element)
        itunes.add_item_tags(element, self.item)
        podcast.add_item_tags(element, self.item)
        return element


def _wrap_description(parent: Any) -> None:
    """Description as CDATA: PSP-1 asks for it, and feedgen can only escape."""
    description = parent.find("description")
    if description is not None:
        description.text = etree.CDATA(description.text)


def write_feed(document: FeedDocument) -> bytes:
    """The feed as RSS 2.0, the same bytes for the same document (PSP-1, Apple, Podcasting 2.0).

    Raises ValueError for a date without time zone and an empty enclosure address.
    """
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("ours", _ChannelTags, _ItemTags, atom=False, rss=True)
    feed.ours.document = document
    _write_channel(feed, document)
    _write_apple(feed.podcast, document)
    for item in document.items:
        # "append" keeps our order; the default would reverse it.
        entry = feed.add_entry(order="append")
        entry.ours.item = item
        _write_item(entry, item)
        _write_apple_item(entry.podcast, item)
    written: bytes = feed.rss_str(pretty=False)
    # PSP-1 asks for exactly this declaration; lxml writes it with single quotes.
    return b'<?xml version="1.0" encoding="UTF-8"?>' + written[written.index(b"?>") + 2 :]


def _write_channel(feed: FeedGenerator, document: FeedDocument) -> None:
    title = shorten(document.title) or "Untitled"
    feed.title(title)
    feed.description(_description(document) or title)
    # The last link becomes <link>; the feed's own secret address must not.
    feed.link(href=clean(document.self_url), rel="self", type="application/rss+xml")
    feed.link(href=clean(document.link) or _home(document.self_url), rel="alternate")
    feed.language(clean(document.language) or "en")
    feed.generator("podcast_server")
    feed.updated(_utc(document.updated))
    feed.ttl(document.ttl)
    if document.copyright:
        feed.rights(shorten(document.copyright))


def _description(document: FeedDocument) -> str:
    """What the show is about, with the way to report the feed kept whole at its end."""
    report = report_paragraph(clean(document.report_url or ""), document.language)
    room = MAX_DESCRIPTION - len(report.encode())
    about = limited_html(clean(document.description), room)
    return about + report if report else _unwrapped(about)


def _write_apple(apple: Any, document: FeedDocument) -> None:
    apple.itunes_author(shorten(document.author) or None)
    apple.itunes_type(document.type)
    name = shorten(document.owner_name) or shorten(document.author)
    address = shorten(document.owner_email)
    if name and address:  # feedgen refuses or drops one without the other
        apple.itunes_owner(name=name, email=address)
    if document.new_feed_url:
        apple.itunes_new_feed_url(clean(document.new_feed_url))


def _write_item(entry: FeedEntry, item: FeedItem) -> None:
    entry.title(shorten(item.title) or "Untitled")
    entry.guid(clean(item.guid), permalink=False)
    if link := clean(item.link):
        entry.link(href=link)
    entry.published(_utc(item.published))
    if notes := clean(item.notes_html):
        # content:encoded is written only when there is a description as well.
        entry.description(limited_html(notes) or " ")
        entry.content(notes, type="CDATA")
    if item.enclosure is not None:
        sound = item.enclosure
        # The length as text: None would be written as "None", and no number not at all.
        entry.enclosure(clean(sound.url), str(sound.length), clean(sound.mime))


def _write_apple_item(apple: Any, item: FeedItem) -> None:
    apple.itunes_title(shorten(item.title) or None)
    apple.itunes_author(shorten(item.author) or None)
    apple.itunes_subtitle(shorten(" ".join(item.summary.split())) or None)
    apple.itunes_episode_type(item.episode_type)
    if item.duration is not None:
        apple.itunes_duration(item.duration)
    if item.season is not None:
        apple.itunes_season(item.season)
    if item.episode is not None:
        apple.itunes_episode(item.episode)


def _unwrapped(description: str) -> str:
    """A single plain paragraph without its tags, since some apps show them as they are."""
    plain = _PARAGRAPH.fullmatch(description)
    return plain[1].strip() if plain else description


def _utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"a date without time zone: {time}")
    return time.astimezone(UTC)


def _home(url: str) -> str:
    """The server itself, for a show without a website: never the secret address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
