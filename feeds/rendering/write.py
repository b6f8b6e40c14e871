"""Document → RSS bytes, through feedgen; the only place that knows feedgen.

feedgen 1.0 is dormant, and each oddity that is worked around here is pinned by a test.
"""

from __future__ import annotations

import email.utils
import re
from typing import Any

import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from feeds.rendering.document import FeedDocument, FeedItem
from feeds.rendering.tags import podcast

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
GOOGLEPLAY = "http://www.google.com/schemas/play-podcasts/1.0"
MAX_DESCRIPTION = 4000  # bytes, PSP-1
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# feedgen switches the process' locale twice for every date, which is not thread-safe and can
# leave the process in another locale; the standard library writes the same bytes.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = email.utils.format_datetime


class _ChannelTags(BaseExtension):  # type: ignore[misc]
    """Adds what feedgen lacks to the channel, before the items are appended."""

    document: FeedDocument

    def extend_ns(self) -> dict[str, str]:
        return {"podcast": podcast.NAMESPACE, "googleplay": GOOGLEPLAY}

    def extend_rss(self, rss: Any) -> Any:
        channel, document = rss[0], self.document
        explicit = xml_elem(f"{{{ITUNES}}}explicit", channel)
        explicit.text = "true" if document.explicit else "false"
        if document.private:
            # Apple asks for "Yes" with a capital; feedgen writes it small.
            xml_elem(f"{{{ITUNES}}}block", channel).text = "Yes"
            xml_elem(f"{{{GOOGLEPLAY}}}block", channel).text = "yes"
        podcast.add_channel_tags(channel, document)
        return rss


class _ItemTags(BaseEntryExtension):  # type: ignore[misc]
    """Adds what feedgen lacks to an item."""

    source: FeedItem

    def extend_rss(self, item: Any) -> Any:
        explicit = xml_elem(f"{{{ITUNES}}}explicit", item)
        explicit.text = "true" if self.source.explicit else "false"
        podcast.add_item_tags(item, self.source)
        return item


def write_feed(document: FeedDocument) -> bytes:
    """The feed as RSS 2.0, the same bytes for the same document (PSP-1, Apple, Podcasting 2.0)."""
    feed = FeedGenerator()
    feed.load_extension("podcast")
    feed.register_extension("ours", _ChannelTags, _ItemTags, atom=False, rss=True)
    feed.ours.document = document
    _channel(feed, document)
    for item in document.items:
        # "append" keeps our order; the default would reverse it.
        _item(feed.add_entry(order="append"), item)
    written: bytes = feed.rss_str(pretty=False)
    # PSP-1 asks for exactly this declaration; lxml writes it with single quotes.
    return b'<?xml version="1.0" encoding="UTF-8"?>' + written[written.index(b"?>") + 2 :]


def _channel(feed: FeedGenerator, document: FeedDocument) -> None:
    feed.title(clean(document.title))
    feed.description(_short(document.description) or clean(document.title))
    # The last link becomes <link>; the feed's own secret address must not.
    feed.link(href=document.self_url, rel="self", type="application/rss+xml")
    feed.link(href=clean(document.link), rel="alternate")
    feed.language(document.language)
    feed.generator("podcast_server")
    feed.updated(document.updated)
    if document.copyright:
        feed.rights(clean(document.copyright))
    apple = feed.podcast
    apple.itunes_author(clean(document.author) or None)
    apple.itunes_type(document.type)
    if document.owner_email:
        apple.itunes_owner(name=clean(document.owner_name), email=clean(document.owner_email))
    if document.image_url:
        apple.itunes_image(document.image_url)
    if document.categories:
        apple.itunes_category(
            [{"cat": top, "sub": sub} if sub else {"cat": top} for top, sub in document.categories]
        )


def _item(entry: FeedEntry, item: FeedItem) -> None:
    entry.ours.source = item
    entry.title(clean(item.title))
    entry.guid(clean(item.guid), permalink=False)
    entry.link(href=clean(item.link))
    entry.published(item.published)
    notes = clean(item.notes_html)
    if notes:
        entry.description(_short(item.summary) or " ")
        entry.content(notes, type="CDATA")
    if item.enclosure is not None:
        entry.enclosure(item.enclosure.url, str(item.enclosure.length), item.enclosure.mime)
    apple = entry.podcast
    apple.itunes_title(clean(item.title))
    apple.itunes_author(clean(item.author) or None)
    apple.itunes_episode_type(item.episode_type)
    if item.duration is not None:
        apple.itunes_duration(item.duration)
    if item.season is not None:
        apple.itunes_season(item.season)
    if item.episode is not None:
        apple.itunes_episode(item.episode)
    if item.image_url:
        apple.itunes_image(item.image_url)


def clean(text: str) -> str:
    """Text without the characters XML cannot hold."""
    return _FORBIDDEN.sub("", text).strip()


def _short(text: str) -> str:
    """At most 4000 bytes, cut at a character."""
    data = clean(text).encode()
    return data[:MAX_DESCRIPTION].decode(errors="ignore")
