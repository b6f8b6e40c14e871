"""“Nothing new” that can be said again (given.py): nearly all that polling apps ever hear."""

from __future__ import annotations

from typing import NamedTuple

from feeds.delivery.facts import Answer, Request
from feeds.delivery.feed import FeedAnswer
from feeds.delivery.given import first_after
from feeds.delivery.rows import FeedRow

LONGEST_WORDS = 256


class Unchanged(NamedTuple):
    """A 304, what it rests upon, and the words it was asked with."""

    feed_key: str
    feed: FeedRow
    since: float  # Unix seconds, as until
    until: float
    limit_key: str
    if_none_match: str
    accept_encoding: str
    answer: Answer


def unchanged_of(found: FeedAnswer, request: Request, now: float) -> Unchanged | None:
    """What there is to remember of an answer; None where it cannot be given again, or was asked
    for in more words than apps use: nobody's headers may fill the memory."""
    if found.answer.status != 304 or found.edges is None:
        return None
    if len(request.if_none_match) + len(request.accept_encoding) > LONGEST_WORDS:
        return None
    return Unchanged(
        found.feed_key,
        found.feed,
        now,
        first_after(now, found.edges),
        str(found.feed.feed_id),
        request.if_none_match,
        request.accept_encoding,
        found.answer,
    )
