"""The namespace of Google's former podcast app, which other directories still respect."""

from __future__ import annotations

from typing import Any

from feeds.rendering.document import FeedDocument
from feeds.rendering.tags.element import add

NAMESPACE = "http://www.google.com/schemas/play-podcasts/1.0"


def add_channel_tags(channel: Any, document: FeedDocument) -> None:
    """block, for a private feed."""
    if document.private:
        add(channel, NAMESPACE, "block", "yes")
