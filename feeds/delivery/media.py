"""A request for audio, chapters or a transcript → its answer.

Entitlement is asked on every request. With local storage the bytes are sent from here; with
S3 the listener is sent on to an address that works for some hours, and HEAD is answered here,
because a signed GET address answers HEAD with 403.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from episodes.chapters import chapters_json
from episodes.storage.base import Storage
from feeds.access import entitlement_at, is_out, is_public, may_hear, parse_windows
from feeds.delivery.caching import matches
from feeds.delivery.facts import PRIVATE, Answer, Headers, Request, text_answer
from feeds.delivery.lookup import AudioFacts, EpisodeRow, FeedRow, Lookup
from feeds.delivery.ranges import ByteRange, UnsatisfiableRangeError, parse_range
from feeds.tokens import MEDIA, Tokens

Part = Literal["audio", "preview", "chapters", "transcript"]

_NAME = re.compile(
    r"(?P<key>[a-z2-7]{10})"
    r"(?:\.(?:(?P<preview>preview)|(?P<chapters>chapters)|(?P<transcript>\d{1,10})))?"
    r"\.(?P<extension>[a-z0-9]{2,5})",
    re.IGNORECASE,
)

_ARTWORK = re.compile(r"\d+/(?:episodes/[a-z2-7]{10}/)?artwork-[0-9a-f]{32}\.(?:jpg|png)")


@dataclass(frozen=True, slots=True)
class MediaName:
    """The last part of a media address: which episode, and what of it."""

    key: str
    part: Part
    transcript_id: int = 0


@dataclass(frozen=True, slots=True)
class MediaAnswer:
    """An answer with what the download statistics need to know about it."""

    answer: Answer
    feed: FeedRow | None = None
    episode: EpisodeRow | None = None
    audio: AudioFacts | None = None
    asked: ByteRange | None = None
    redirected: bool = False


def parse_name(name: str) -> MediaName | None:
    """Read ``<key>.mp3``, ``<key>.preview.mp3``, ``<key>.chapters.json`` or ``<key>.7.vtt``."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    key = match["key"].lower()
    if match["transcript"]:
        return MediaName(key, "transcript", int(match["transcript"]))
    if match["chapters"]:
        return MediaName(key, "chapters")
    return MediaName(key, "preview" if match["preview"] else "audio")


def answer_private_media(
    token: str,
    name: MediaName,
    request: Request,
    *,
    tokens: Tokens,
    lookup: Lookup,
    storage: Storage,
    now: float,
) -> MediaAnswer | None:
    """The answer for ``/m/<token>/<name>``; None when no such feed was ever made."""
    feed_key = tokens.read(MEDIA, token)
    found = None if feed_key is None else lookup.media(feed_key, name.key, name.transcript_id)
    if found is None:
        return None
    feed, episode = found
    if feed.state != "open":
        return MediaAnswer(text_answer(410, "This feed was closed or replaced."), feed)
    if episode is None or not is_out(episode.facts, now):
        return MediaAnswer(text_answer(404, "There is no such episode."), feed)
    entitlement = entitlement_at(parse_windows(feed.windows), now)
    if name.part != "preview" and not may_hear(entitlement, episode.facts, now):
        sentence = "This episode is for members; your membership does not include it at present."
        return MediaAnswer(text_answer(403, sentence), feed, episode)
    return _serve(name.part, episode, feed, request, storage=storage, now=now)


def answer_public_media(
    name: MediaName, request: Request, *, lookup: Lookup, storage: Storage, now: float
) -> MediaAnswer:
    """The answer for ``/listen/<name>``: public episodes, and previews of the others."""
    episode = lookup.public(name.key, name.transcript_id)
    if episode is None or not is_out(episode.facts, now):
        return MediaAnswer(text_answer(404, "There is no such episode."))
    if name.part != "preview" and not is_public(episode.facts, now):
        sentence = "This episode is for members. Their own feed plays it."
        return MediaAnswer(text_answer(403, sentence), None, episode)
    return _serve(name.part, episode, None, request, storage=storage, now=now)


def _serve(
    part: Part,
    episode: EpisodeRow,
    feed: FeedRow | None,
    request: Request,
    *,
    storage: Storage,
    now: float,
) -> MediaAnswer:
    if part == "chapters" and episode.chapters:
        return MediaAnswer(_chapters(episode, request, private=feed is not None), feed, episode)
    if part == "transcript" and episode.transcript is not None:
        return MediaAnswer(_transcript(episode, storage, feed), feed, episode)
    audio = episode.preview if part == "preview" else episode.audio
    if part in {"chapters", "transcript"} or audio is None:
        return MediaAnswer(text_answer(404, "The episode has no such file."), feed, episode)
    answer, asked, redirected = _audio(audio, request, feed is not None, storage, now)
    return MediaAnswer(answer, feed, episode, audio, asked, redirected)


def _audio(
    audio: AudioFacts, request: Request, private: bool, storage: Storage, now: float
) -> tuple[Answer, ByteRange | None, bool]:
    fixed = [
        ("Content-Type", audio.mime),
        ("Accept-Ranges", "bytes"),
        *_cache_headers(private),
    ]
    whole = ByteRange(0, audio.size)
    if request.method != "HEAD":
        moment = datetime.fromtimestamp(now, UTC)
        signed = storage.presigned_get(audio.object_key, now=moment, content_type=audio.mime)
        if signed is not None:
            return _redirect(signed, request, audio, private)
    etag = f'"{audio.sha256[:32]}"'
    fixed.append(("ETag", etag))
    if matches(request.if_none_match, etag):
        return Answer(304, fixed), None, False
    # If-Range with another validator than today's file: the listener holds old bytes.
    header = request.range if request.if_range in {"", etag} else ""
    try:
        part = parse_range(header, audio.size)
    except UnsatisfiableRangeError:
        extra = ("Content-Range", f"bytes */{audio.size}")
        return text_answer(416, "The file is shorter than that.", extra), None, False
    if part is None:
        headers = [("Content-Length", str(audio.size)), *fixed]
        return Answer(200, headers, StoredBytes(storage, audio.object_key, whole)), whole, False
    headers = [
        ("Content-Length", str(part.length)),
        ("Content-Range", f"bytes {part.start}-{part.end - 1}/{audio.size}"),
        *fixed,
    ]
    return Answer(206, headers, StoredBytes(storage, audio.object_key, part)), part, False


def answer_artwork(name: str, request: Request, *, storage: Storage) -> Answer | None:
    """The answer for ``/art/<name>``: a cover, public and for ever; None for other names."""
    if not _ARTWORK.fullmatch(name):
        return None
    key = f"shows/{name}"
    stat = storage.stat(key)
    if stat is None:
        return text_answer(404, "There is no such picture.")
    etag = f'"{name.rpartition("-")[2]}"'
    headers = [
        ("Content-Type", "image/png" if name.endswith("png") else "image/jpeg"),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Content-Type-Options", "nosniff"),
        ("ETag", etag),
    ]
    if matches(request.if_none_match, etag):
        return Answer(304, headers)
    headers.append(("Content-Length", str(stat.size)))
    if request.method == "HEAD":
        return Answer(200, headers)
    return Answer(200, headers, b"".join(storage.open(key)))


def _redirect(
    signed: str, request: Request, audio: AudioFacts, private: bool
) -> tuple[Answer, ByteRange, bool]:
    try:
        asked = parse_range(request.range, audio.size) or ByteRange(0, audio.size)
    except UnsatisfiableRangeError:
        asked = ByteRange(audio.size, audio.size)
    headers = [
        ("Location", signed),
        ("Content-Length", "0"),
        # The address behind expires, so nobody may remember it beyond this request.
        ("Cache-Control", "private, no-store" if private else "no-store"),
        *PRIVATE,
    ]
    return Answer(302, headers), asked, True


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """A part of a stored object, read piece by piece while it is sent."""

    storage: Storage
    key: str
    part: ByteRange

    def chunks(self) -> Iterator[bytes]:
        """The bytes in small pieces."""
        return self.storage.open(self.key, self.part.start, self.part.end)


def _cache_headers(private: bool) -> Headers:
    if private:
        return [("Cache-Control", "private, max-age=3600"), *PRIVATE]
    return [
        ("Cache-Control", "public, max-age=3600"),
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Allow-Origin", "*"),
    ]


def _chapters(episode: EpisodeRow, request: Request, *, private: bool) -> Answer:
    document = chapters_json(episode.chapters, title=episode.title)
    body = json.dumps(document, ensure_ascii=False).encode()
    return _small(body, "application/json+chapters", private)


def _transcript(episode: EpisodeRow, storage: Storage, feed: FeedRow | None) -> Answer:
    assert episode.transcript is not None
    body = b"".join(storage.open(episode.transcript.object_key, 0, None))
    return _small(body, f"{episode.transcript.mime}; charset=utf-8", feed is not None)


def _small(body: bytes, mime: str, private: bool) -> Answer:
    headers = [
        ("Content-Type", mime),
        ("Content-Length", str(len(body))),
        *_cache_headers(private),
    ]
    if private:
        # Players in a browser read these across origins; the token in the path is the key.
        headers.append(("Access-Control-Allow-Origin", "*"))
    return Answer(200, headers, body)
