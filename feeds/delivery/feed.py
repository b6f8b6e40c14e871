"""A poll of a private or public feed → its answer (status table: docs/feeds.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from feeds.access import REPLACED, WELCOME_SECONDS, Entitlement, parse_windows, told_at
from feeds.delivery.caching import choose_coding, matches
from feeds.delivery.facts import PRIVATE, Answer, Request, text_answer
from feeds.delivery.given import Get, Given, edges_of, first_after
from feeds.delivery.lookup import Lookup
from feeds.delivery.rows import FeedRow
from feeds.downloads.record import FeedPoll
from feeds.editions import Editions, Found
from feeds.personalise import Canvas, PersonalCopies
from feeds.tokens import FEED, MEDIA, REPORT, TOKEN_LENGTH, Tokens

_SHARED = [
    ("Content-Type", "application/rss+xml; charset=utf-8"),
    ("Vary", "Accept-Encoding"),
]
# "no-cache" lets apps keep a copy but makes them ask first: a member who pays, or an
# episode that comes out, is seen on the very next poll.
_PRIVATE = [*_SHARED, ("Cache-Control", "private, no-cache"), *PRIVATE]
_PUBLIC = [
    *_SHARED,
    ("Cache-Control", "public, max-age=60"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
]
# All that a 304 has to repeat (RFC 9110 §15.4.5).
_PRIVATE_SAME = [("Vary", "Accept-Encoding"), ("Cache-Control", "private, no-cache")]
_PUBLIC_SAME = [("Vary", "Accept-Encoding"), ("Cache-Control", "public, max-age=60")]
# The public feed has no places for tokens, but every copy is made with some.
_NOBODY = b"0" * TOKEN_LENGTH
_GONE = Entitlement((), REPLACED)


@dataclass(slots=True, eq=False)
class KnownFeed(Given):
    """A member's feed as it is for the time being."""

    etag_stem: str
    copies: PersonalCopies

    def again(self, get: Get) -> Answer:
        """304 for who has it, otherwise a copy, maybe on a canvas."""
        drawn = self.copies.drawn
        return self._answer(get("HTTP_IF_NONE_MATCH", ""), get("HTTP_ACCEPT_ENCODING", ""), drawn)

    def note(self, now: float, status: int, get: Get) -> FeedPoll:
        """A poll."""
        fields = (now, self.feed.feed_id, status, get("HTTP_USER_AGENT", ""))
        return tuple.__new__(FeedPoll, fields)  # a third of the time of a call by names

    def answer(self, if_none_match: str, accept_encoding: str) -> Answer:
        """The answer to an app that has this and takes that. Raises LookupError where the
        edition is gone."""
        return self._answer(if_none_match, accept_encoding, self.copies.gzip)

    def _answer(
        self, if_none_match: str, accept_encoding: str, packed: Callable[[], bytes | Canvas]
    ) -> Answer:
        gzip = choose_coding(accept_encoding) == "gzip"
        # One address always belongs to one feed, so content, key and coding name its bytes.
        etag = self.etag_stem + ('.gz"' if gzip else '"')
        if if_none_match and matches(if_none_match, etag):
            return Answer(304, [("ETag", etag), *_PRIVATE_SAME])
        body = packed() if gzip else self.copies.plain()
        return Answer(200, [("ETag", etag), *_headers(len(body), gzip, private=True)], body)


class FeedAnswer(NamedTuple):
    """An answer, whose poll it was, and what can be kept for the next one."""

    answer: Answer
    feed_key: str
    feed: FeedRow
    known: KnownFeed | None = None


def answer_private_feed(
    token: str, request: Request, *, tokens: Tokens, lookup: Lookup, editions: Editions, now: float
) -> FeedAnswer | None:
    """The answer for ``GET /f/<token>``; None when no such feed was ever made."""
    feed_key = tokens.read(FEED, token)
    row = None if feed_key is None else lookup.feed(feed_key)
    if row is None or feed_key is None:
        return None
    row, found = _edition(feed_key, row, lookup, editions, now)
    if found is None:
        gone = text_answer(410, "This feed is closed. Sign in on the show's page for a new one.")
        return FeedAnswer(gone, feed_key, row)
    known = _known(token, feed_key, row, found, tokens, now)
    answer = known.answer(request.if_none_match, request.accept_encoding)
    # A show that changed while this was found out is asked about again.
    return FeedAnswer(answer, feed_key, row, known if found.revision == row.revision else None)


def _known(
    token: str, feed_key: str, row: FeedRow, found: Found, tokens: Tokens, now: float
) -> KnownFeed:
    media_token, report_token = (
        tokens.mint(kind, feed_key, row.signing_key).encode() for kind in (MEDIA, REPORT)
    )
    return KnownFeed(
        feed_key,
        row,
        str(row.feed_id),
        now,
        first_after(now, _edges(row, found)),
        f'"{found.tag}.{row.signing_key}',
        found.edition.personal(token.lower().encode(), media_token, report_token),
    )


def answer_public_feed(
    slug: str, request: Request, *, lookup: Lookup, editions: Editions, now: float
) -> Answer | None:
    """The answer for a show's public feed; None for an unknown show."""
    row = lookup.show(slug)
    if row is None:
        return None
    edition, tag, _, _ = editions.find(row[0], row[1], None, now)
    gzip = choose_coding(request.accept_encoding) == "gzip"
    etag = f'"{tag}.gz"' if gzip else f'"{tag}"'
    if matches(request.if_none_match, etag):
        return Answer(304, [("ETag", etag), *_PUBLIC_SAME])
    body = (edition.gzip if gzip else edition.plain)(_NOBODY, _NOBODY, _NOBODY)
    return Answer(200, [("ETag", etag), *_headers(len(body), gzip, private=False)], body)


def _edition(
    feed_key: str, row: FeedRow, lookup: Lookup, editions: Editions, now: float
) -> tuple[FeedRow, Found | None]:
    """The edition behind a feed, None for a closed one; and the feed's row of that moment.

    While an edition is put together the show may change, and the membership with it. Nobody
    must get new episodes by an old right, so then the row is read again.
    """
    seen_by = _entitlement(row, now)
    while seen_by is not None:
        found = editions.find(row.show_id, row.revision, seen_by, now)
        if found.revision == row.revision:
            return row, found
        row, before = lookup.feed_now(feed_key) or row, seen_by
        seen_by = _entitlement(row, now)
        if seen_by == before:
            return row, found
    return row, None


def _entitlement(row: FeedRow, now: float) -> Entitlement | None:
    if row.state == "open":
        return told_at(parse_windows(row.windows), now)
    if row.state == "replaced" and row.closes_at is not None and now < row.closes_at:
        return _GONE
    return None


def _edges(row: FeedRow, found: Found) -> list[float | None]:
    windows = parse_windows(row.windows)
    welcomed = [starts + WELCOME_SECONDS for _, _, starts, _, _ in windows]
    return [found.valid_until, row.closes_at, *edges_of(windows), *welcomed]


@lru_cache(maxsize=1024)
def _headers(length: int, gzip: bool, *, private: bool) -> tuple[tuple[str, str], ...]:
    """All but the ETag: copies of an edition have the same length, whosever they are."""
    coding = (("Content-Encoding", "gzip"),) if gzip else ()
    return (("Content-Length", str(length)), *(_PRIVATE if private else _PUBLIC), *coding)
