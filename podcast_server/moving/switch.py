"""Switching over: has the old host sent listeners and directories to the new feed yet?"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.errors import EpisodeError
from episodes.models import Episode, Show
from episodes.rss_import.feed import ForeignFeed
from episodes.rss_import.fetch import Fetcher
from episodes.rss_import.source import Source, read_source

PERMANENT = {301, 308}
MAX_HOPS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``advice`` says what to do where it is not ``good``."""

    what: str
    good: bool
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """What the new server has of the show."""

    feed_url: str
    podcast_guid: str
    guids: frozenset[str]


def show_here(session: Session, show: Show, feed_url: str) -> Here:
    """What is compared with the old host. ``feed_url`` is our public feed of the show."""
    guids = session.scalars(select(Episode.guid).where(Episode.show_id == show.id))
    return Here(feed_url, show.podcast_guid, frozenset(guids))


def check_switch(fetcher: Fetcher, old: Source, here: Here) -> list[Finding]:
    """Look at the old address as a podcast app does. Nothing is changed anywhere."""
    try:
        redirect = _redirect(fetcher, old.url, here.feed_url)
    except EpisodeError as error:
        return [Finding("the old address answers", False, str(error))]
    if redirect is not None:
        return [redirect]
    try:
        reading = read_source(old, fetcher)
    except EpisodeError as error:
        return [Finding("the old feed can be read", False, str(error))]
    assert reading is not None
    return [_not_redirected(old), *_compare(reading.feed, here)]


def _redirect(fetcher: Fetcher, url: str, ours: str) -> Finding | None:
    """Where the old address leads, hop by hop; None when it is still a feed of its own."""
    permanent = True
    for _hop in range(MAX_HOPS):
        status, location = fetcher.redirect_of(url)
        if not location:
            return None
        permanent = permanent and status in PERMANENT
        url = urljoin(url, location)
        if url == ours:
            break
    else:
        return Finding("the old address leads here", False, f"it leads elsewhere: set it to {ours}")
    if permanent:
        return Finding("the old address leads here for good (301)", True)
    return Finding(
        "the old address leads here",
        False,
        "only for the time being (302): ask the old host for a permanent redirect (301), or apps "
        "will go on asking there",
    )


def _not_redirected(old: Source) -> Finding:
    return Finding(
        "the old address leads here (301)",
        False,
        "not yet: in the old host's settings look for “redirect”, “move your podcast” or "
        "“new feed address”, and give it the address of the feed here",
    )


def _compare(feed: ForeignFeed, here: Here) -> list[Finding]:
    missing = [item for item in feed.items if item.audio_url and item.guid not in here.guids]
    return [
        Finding(
            "every episode of the old feed is here",
            not missing,
            f"{len(missing)} are missing, first “{missing[0].title}”: bring the feed over again"
            if missing
            else "",
        ),
        Finding(
            "the old feed names the new one (itunes:new-feed-url)",
            feed.moved_to == here.feed_url,
            f"set the new feed address to {here.feed_url} at the old host, if it can do that",
        ),
        Finding(
            "the show keeps its podcast:guid",
            not feed.podcast_guid or feed.podcast_guid == here.podcast_guid,
            "the show here has another one: apps will take it for another podcast",
        ),
        Finding(
            "the old feed is unlocked (podcast:locked)",
            not feed.locked,
            "unlock it at the old host, or directories may refuse the move",
        ),
    ]
