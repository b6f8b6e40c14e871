"""What can go wrong while downloads are recorded and counted."""

from __future__ import annotations

from feeds.errors import FeedError


class DownloadsError(FeedError):
    """Base of what goes wrong with downloads."""


class AgentListError(DownloadsError):
    """A list of user agents cannot be used; the text names the list and the entry."""
