"""Redirects to audio that can be given again (given.py)."""

from __future__ import annotations

from typing import NamedTuple

from feeds.access import next_change, parse_windows
from feeds.delivery.facts import Answer
from feeds.delivery.given import edges_of, first_after
from feeds.delivery.media import MediaAnswer
from feeds.delivery.rows import FeedRow

# At most so long, which is far less than the signed address behind outlives its hour.
KEEP_SECONDS = 60.0


class Redirect(NamedTuple):
    """An answer that sends somebody on, what it rests upon, and what the statistics note."""

    feed_key: str
    feed: FeedRow
    since: float  # Unix seconds, as until
    until: float
    limit_key: str
    answer: Answer
    episode_key: str
    file_bytes: int
    minute_bytes: int


def redirect_of(feed_key: str, found: MediaAnswer, now: float) -> Redirect | None:
    """What there is to remember of an answer; None where it cannot be given again."""
    feed, episode, audio = found.feed, found.episode, found.audio
    if not found.redirected or feed is None or episode is None or audio is None:
        return None
    edges = [next_change(episode.facts, now), *edges_of(parse_windows(feed.windows))]
    edges.append(now + KEEP_SECONDS)
    return Redirect(
        feed_key,
        feed,
        now,
        first_after(now, edges),
        str(feed.feed_id),
        found.answer,
        episode.key,
        audio.size,
        audio.minute_bytes,
    )
