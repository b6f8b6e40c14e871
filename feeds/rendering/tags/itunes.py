"""Apple's namespace, the part that feedgen refuses, drops or spells wrongly."""

from __future__ import annotations

from typing import Any

from lxml import etree

from feeds.rendering.document import FeedDocument, FeedItem
from feeds.rendering.limits import shorten
from feeds.rendering.tags.element import add

NAMESPACE = "http://www.itunes.com/dtds/podcast-1.0.dtd"


def add_channel_tags(channel: Any, document: FeedDocument) -> None:
    """category, explicit, image, block and complete of the channel."""
    _add_categories(channel, document)
    # feedgen knows only yes and no here; Apple and PSP-1 ask for true and false.
    add(channel, NAMESPACE, "explicit", _truth(document.explicit))
    if document.image_url:
        # feedgen drops whatever does not end in a small .jpg or .png, without a word.
        add(channel, NAMESPACE, "image", href=document.image_url)
    if document.private:
        # Apple asks for a capital Y; feedgen writes it small.
        add(channel, NAMESPACE, "block", "Yes")
    if document.complete:
        add(channel, NAMESPACE, "complete", "Yes")


def add_item_tags(element: Any, item: FeedItem) -> None:
    """explicit, image and block of an item."""
    add(element, NAMESPACE, "explicit", _truth(item.explicit))
    if item.image_url:
        add(element, NAMESPACE, "image", href=item.image_url)
    if item.block:
        add(element, NAMESPACE, "block", "Yes")


def _add_categories(channel: Any, document: FeedDocument) -> None:
    """Each top category once, in the given order, with its subcategories inside.

    feedgen would look for a category's name with a path expression, which a quotation mark
    in the name breaks.
    """
    tops: dict[str, Any] = {}
    for top, sub in document.categories:
        name = shorten(top)
        if name not in tops:
            tops[name] = etree.SubElement(channel, f"{{{NAMESPACE}}}category", text=name)
        if sub:
            etree.SubElement(tops[name], f"{{{NAMESPACE}}}category", text=shorten(sub))


def _truth(value: bool) -> str:
    return "true" if value else "false"
