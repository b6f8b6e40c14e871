"""A show's findings, or one episode's, from the database: before and after it comes out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from feeds.health import Finding, check_document
from feeds.health.audience import audience_findings
from feeds.rendering.assemble import Addresses, Assembly, ready_episodes


def look_at_show(
    session: Session, show: Show, addresses: Addresses, now: datetime, sold: Collection[int]
) -> list[Finding]:
    """What could be better in a show and in all of its episodes that are out or scheduled.

    ``sold`` are the ids of its episodes that are for sale or bought already.
    """
    return _look(show, list(ready_episodes(session, show.id)), addresses, now, sold)


def look_at_episode(
    show: Show, episode: Episode, addresses: Addresses, now: datetime, sold: Collection[int]
) -> list[Finding]:
    """What could be better in one episode, a draft too; what compares episodes is left out."""
    found = _look(show, [episode], addresses, now, sold)
    return [finding for finding in found if finding.where == episode.guid]


def _look(
    show: Show,
    episodes: list[Episode],
    addresses: Addresses,
    now: datetime,
    sold: Collection[int],
) -> list[Finding]:
    # A server without https is one fault, said of the feed, not one of every episode too.
    secure = replace(addresses, public_url=f"https://{addresses.public_url.partition('://')[2]}")
    # As the public sees it where that is everything: directories look at nothing else.
    assembly = Assembly(show, secure, None, now.timestamp())
    items = tuple(item for each in episodes if (item := assembly.full(each)) is not None)
    feed = addresses.public_feed(show.slug)
    found = check_document(replace(assembly.document([]), items=items, self_url=feed))
    return found + audience_findings(episodes, [tier.id for tier in show.tiers], sold)
