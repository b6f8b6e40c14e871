"""“Nothing new” that can be said again (given.py): nearly all that polling apps ever hear."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.delivery.facts import Request
from feeds.delivery.feed import FeedAnswer
from feeds.delivery.given import Get, Given, first_after
from feeds.downloads.record import FeedPoll

LONGEST_WORDS = 256


@dataclass(frozen=True, slots=True)
class Unchanged(Given):
    """A 304, and the words it was asked with."""

    if_none_match: str
    accept_encoding: str

    def fits(self, get: Get) -> bool:
        """Whether the app has the same and takes the same."""
        return (
            get("HTTP_IF_NONE_MATCH", "") == self.if_none_match
            and get("HTTP_ACCEPT_ENCODING", "") == self.accept_encoding
        )

    def note(self, now: float, get: Get) -> FeedPoll:
        """A poll."""
        return FeedPoll(now, self.feed.feed_id, 304, get("HTTP_USER_AGENT", ""))


def unchanged_of(found: FeedAnswer, request: Request, now: float) -> Unchanged | None:
    """What there is to remember of an answer; None where it cannot be given again, or was asked
    for in more words than apps use: nobody's headers may fill the memory."""
    if found.answer.status != 304 or found.edges is None:
        return None
    if len(request.if_none_match) + len(request.accept_encoding) > LONGEST_WORDS:
        return None
    return Unchanged(
        found.answer,
        found.feed_key,
        found.feed,
        str(found.feed.feed_id),
        now,
        first_after(now, found.edges),
        request.if_none_match,
        request.accept_encoding,
    )
