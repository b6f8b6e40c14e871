"""The delivery of feeds and media as one function from request to answer.

Two doors call it: the WSGI entry before Flask's routing, and Flask's own routes. So there is
one behaviour, and nothing of Flask on the path that podcast apps poll all day.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from episodes.storage.base import Storage
from feeds.delivery.artwork import answer_artwork
from feeds.delivery.facts import Answer, Request, text_answer
from feeds.delivery.feed import answer_private_feed, answer_public_feed
from feeds.delivery.given import Get, GivenBefore
from feeds.delivery.lookup import Lookup
from feeds.delivery.media import (
    AudioSource,
    MediaAnswer,
    MediaName,
    StoredBytes,
    answer_private_media,
    answer_public_media,
    parse_name,
)
from feeds.delivery.redirects import redirect_of
from feeds.delivery.streams import CountedStream
from feeds.delivery.throttle import Shared, Throttle, counted_as
from feeds.downloads.record import FeedPoll, MediaHit, Recorder
from feeds.editions import Editions
from feeds.tokens import MEDIA, Tokens

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep some listeners from starving the others."""

    guesses_per_minute: int  # unknown tokens, by client address
    streams: int  # local audio downloads at the same time, per process
    feed_per_minute: int = 600  # requests with the tokens of one feed


class Lane:
    """Answers ``/f/…``, ``/m/…``, ``/listen/…``, ``/art/…`` and ``/shows/<slug>/feed.xml``."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        lookup: Lookup,
        editions: Editions,
        storage: Storage,
        recorder: Recorder,
        clock: Callable[[], float],
        limits: Limits,
        accel_prefix: str = "",
        shared: Shared | None = None,
        artwork: Callable[[str], str] = str,
    ) -> None:
        self._tokens = tokens
        self._lookup = lookup
        self._editions = editions
        self._storage = storage
        self._recorder = recorder
        self._clock = clock
        # Asked only after a token turned out to be unknown, so a valid one is never held up
        # by what others behind the same address do.
        self._guesses = Throttle("guess", limits.guesses_per_minute, shared)
        self._feeds = Throttle("feed", limits.feed_per_minute, shared)
        self._streams = threading.BoundedSemaphore(limits.streams)
        self._places = limits.streams
        self._source = AudioSource(storage, accel_prefix, artwork)
        self._given = GivenBefore(lookup)

    def answer(self, request: Request) -> Answer | None:
        """The answer, or None when the path is not one of ours."""
        path = request.path
        if path.startswith("/f/"):
            return self._private_feed(path[3:], request)
        if path.startswith("/m/"):
            token, _, rest = path[3:].partition("/")
            name = parse_name(rest)
            return None if name is None else self._private_media(token, name, request)
        if path.startswith("/listen/"):
            name = parse_name(path[8:])
            return None if name is None else self._public_media(name, request)
        if path.startswith("/art/"):
            return self._artwork(path[5:], request)
        if path.startswith("/shows/") and path.endswith("/feed.xml"):
            return self._public_feed(path[7:-9], request)
        return None

    def again(self, path: str, get: Get) -> Answer | None:
        """The answer to GET where it is known from before, noted and limited as ``answer`` does;
        None, or LookupError, where it must be found anew.

        For doors that ask before anything else. ``get`` gives the other facts, as they are
        needed.
        """
        now = self._clock()
        given = self._given.get(path, now)
        if given is None:
            return None
        wait = self._feeds.exceeded(given.limit_key, now)
        if wait:
            return _too_often(wait)
        answer = given.again(get)
        self._recorder.put(given.note(now, answer.status, get))
        return answer

    def drain(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until every local download has been noted.

        For the end of a process: a listener may have the last byte before its thread has
        handed over the note. Nothing is streamed by this lane afterwards.
        """
        until = time.monotonic() + timeout
        return all(
            self._streams.acquire(timeout=max(0.0, until - time.monotonic()))
            for _ in range(self._places)
        )

    def _private_feed(self, token: str, request: Request) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            return _only_reading()
        now = self._clock()
        found = answer_private_feed(
            token,
            request,
            tokens=self._tokens,
            lookup=self._lookup,
            editions=self._editions,
            now=now,
        )
        if found is None:
            return self._unknown(request, now)
        wait = self._feeds.exceeded(str(found.feed.feed_id), now)
        if wait:
            return _too_often(wait)
        answer = found.answer
        if found.known is not None:
            self._given.keep(request.path, found.known)
        self._recorder.put(FeedPoll(now, found.feed.feed_id, answer.status, request.user_agent))
        return answer._replace(body=b"") if request.method == "HEAD" else answer

    def _public_feed(self, slug: str, request: Request) -> Answer | None:
        if request.method not in {"GET", "HEAD"}:
            return _only_reading()
        answer = answer_public_feed(
            slug, request, lookup=self._lookup, editions=self._editions, now=self._clock()
        )
        if answer is not None and request.method == "HEAD":
            return answer._replace(body=b"")
        return answer

    def _private_media(self, token: str, name: MediaName, request: Request) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            return _only_reading()
        now = self._clock()
        found = answer_private_media(
            token,
            name,
            request,
            tokens=self._tokens,
            lookup=self._lookup,
            source=self._source,
            now=now,
        )
        if found is None:
            return self._unknown(request, now)
        wait = self._feeds.exceeded(str(found.feed.feed_id), now) if found.feed else 0
        if wait:
            return _too_often(wait)
        if found.redirected and (feed_key := self._tokens.read(MEDIA, token)):
            redirect = redirect_of(feed_key, found, self._storage.address_window, now)
            if redirect is not None:
                self._given.keep(request.path, redirect)
        return self._deliver(found, request, now)

    def _public_media(self, name: MediaName, request: Request) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            return _only_reading()
        now = self._clock()
        found = answer_public_media(
            name, request, lookup=self._lookup, source=self._source, now=now
        )
        return self._deliver(found, request, now)

    def _artwork(self, name: str, request: Request) -> Answer | None:
        if request.method not in {"GET", "HEAD"}:
            return _only_reading()
        return answer_artwork(name, request, storage=self._storage)

    def _unknown(self, request: Request, now: float) -> Answer:
        wait = self._guesses.exceeded(counted_as(request.address), now)
        if wait:
            return text_answer(
                429, "Too many unknown addresses; try later.", ("Retry-After", str(wait))
            )
        return text_answer(404, "There is no such feed. Check the address in your podcast app.")

    def _deliver(self, found: MediaAnswer, request: Request, now: float) -> Answer:
        answer = found.answer
        if request.method == "HEAD":
            return answer._replace(body=b"")
        note = _note(found, request, now)
        if not isinstance(answer.body, StoredBytes):
            if note is not None:
                self._recorder.put(note)
            return answer
        if not self._streams.acquire(blocking=False):
            # All places for local downloads are taken: apps come back after a 503.
            return text_answer(503, "The server is busy; try again soon.", ("Retry-After", "20"))
        try:
            # Opened before the answer begins: a file that cannot be read is a 503, which apps
            # try again, and not a download that ends in the middle.
            chunks = answer.body.chunks()
        except BaseException:
            self._streams.release()
            raise
        return answer._replace(body=CountedStream(chunks, note, self._recorder, self._streams))


def _note(found: MediaAnswer, request: Request, now: float) -> MediaHit | None:
    """The statistics' note of an episode's answered audio request; None for all else."""
    if found.audio is None or found.episode is None or found.asked is None:
        return None
    return MediaHit(
        at=now,
        episode_key=found.episode.key,
        method=request.method,
        status=found.answer.status,
        address=request.address,
        user_agent=request.user_agent,
        file_bytes=found.audio.size,
        minute_bytes=found.audio.minute_bytes,
        range_header=request.range or None,
        bytes_served=None,
        feed_id=found.feed.feed_id if found.feed else None,
        member_id=found.feed.member_id if found.feed else None,
    )


def _too_often(wait: int) -> Answer:
    return text_answer(
        429, "This feed is asked for too often; try later.", ("Retry-After", str(wait))
    )


def _only_reading() -> Answer:
    return text_answer(405, "This address can only be read.", ("Allow", "GET, HEAD"))
