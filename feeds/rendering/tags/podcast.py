"""The Podcasting 2.0 namespace (https://podcastindex.org/namespace/1.0)."""

from __future__ import annotations

from typing import Any

from feeds.rendering.document import FeedDocument, FeedItem, Person
from feeds.rendering.limits import MAX_NAME, clean
from feeds.rendering.tags.element import add

NAMESPACE = "https://podcastindex.org/namespace/1.0"
MAX_DISPLAY = 32  # characters, podcast:episode


def add_channel_tags(channel: Any, document: FeedDocument) -> None:
    """guid, locked, block, medium, person, funding and image of the channel."""
    if document.podcast_guid:
        add(channel, NAMESPACE, "guid", document.podcast_guid)
    # The owner may unlock the feed; private feeds do without the address.
    locked = "yes" if document.locked else "no"
    add(channel, NAMESPACE, "locked", locked, owner=document.owner_email)
    if document.private:
        add(channel, NAMESPACE, "block", "yes")
    add(channel, NAMESPACE, "medium", document.medium)
    for person in document.persons:
        _add_person(channel, person)
    if document.funding:
        funding = document.funding
        add(channel, NAMESPACE, "funding", funding.text, limit=MAX_NAME, url=funding.url)
    if document.image_url:
        add(channel, NAMESPACE, "image", href=document.image_url)


def add_item_tags(element: Any, item: FeedItem) -> None:
    """season, episode, person, chapters, transcript and image of an item."""
    if item.season is not None:
        name = clean(item.season_name)[:MAX_NAME]
        add(element, NAMESPACE, "season", str(item.season), name=name)
    if item.episode is not None:
        display = clean(item.episode_display)[:MAX_DISPLAY]
        add(element, NAMESPACE, "episode", str(item.episode), display=display)
    for person in item.persons:
        _add_person(element, person)
    if item.chapters_url:
        add(element, NAMESPACE, "chapters", url=item.chapters_url, type="application/json+chapters")
    for link in item.transcripts:
        add(
            element,
            NAMESPACE,
            "transcript",
            url=link.url,
            type=link.mime,
            language=link.language,
            rel=link.rel,
        )
    if item.image_url:
        add(element, NAMESPACE, "image", href=item.image_url)


def _add_person(parent: Any, person: Person) -> None:
    """A person; one without a name would be no valid tag and is left out."""
    if not clean(person.name):
        return
    add(
        parent,
        NAMESPACE,
        "person",
        person.name,
        limit=MAX_NAME,
        role=person.role,
        group=person.group,
        img=person.img,
        href=person.href,
    )
