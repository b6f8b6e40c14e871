"""The Podcasting 2.0 namespace (https://podcastindex.org/namespace/1.0)."""

from __future__ import annotations

from typing import Any

from feedgen.util import xml_elem

from feeds.rendering.document import FeedDocument, FeedItem, Person

NAMESPACE = "https://podcastindex.org/namespace/1.0"


def add_channel_tags(channel: Any, document: FeedDocument) -> None:
    """Put podcast:* on the channel."""
    _text(channel, "guid", document.podcast_guid)
    _text(channel, "locked", "yes" if document.locked else "no")
    if document.private:
        _text(channel, "block", "yes")
    _text(channel, "medium", "podcast")
    for person in document.persons:
        _person(channel, person)
    if document.funding_url:
        funding = _text(channel, "funding", document.title[:128])
        funding.set("url", document.funding_url)
    if document.image_url:
        _text(channel, "image").set("href", document.image_url)


def add_item_tags(item: Any, source: FeedItem) -> None:
    """Put podcast:* on an item."""
    if source.season is not None:
        season = _text(item, "season", str(source.season))
        if source.season_name:
            season.set("name", source.season_name[:128])
    if source.episode is not None:
        _text(item, "episode", str(source.episode))
    for person in source.persons:
        _person(item, person)
    if source.chapters_url:
        chapters = _text(item, "chapters")
        chapters.set("url", source.chapters_url)
        chapters.set("type", "application/json+chapters")
    for link in source.transcripts:
        transcript = _text(item, "transcript")
        transcript.set("url", link.url)
        transcript.set("type", link.mime)
        if link.language:
            transcript.set("language", link.language)
    if source.image_url:
        _text(item, "image").set("href", source.image_url)


def _person(parent: Any, person: Person) -> None:
    element = _text(parent, "person", person.name[:128])
    element.set("role", person.role)
    element.set("group", person.group)
    if person.img:
        element.set("img", person.img)
    if person.href:
        element.set("href", person.href)


def _text(parent: Any, tag: str, text: str | None = None) -> Any:
    element = xml_elem(f"{{{NAMESPACE}}}{tag}", parent)
    if text is not None:
        element.text = text
    return element
