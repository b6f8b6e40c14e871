"""A request for audio, chapters or a transcript → its answer.

Entitlement is asked on every request. With local storage the bytes are sent from here; with
S3 the listener is sent on to an address that works for some hours, and HEAD is answered here,
because a signed GET address answers HEAD with 403.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from episodes.chapters import chapters_json
from episodes.storage.base import Storage
from feeds.access import entitlement_at, is_out, is_public, may_hear, parse_windows, told_at
from feeds.delivery.caching import matches
from feeds.delivery.facts import PRIVATE, Answer, Headers, Request, text_answer
from feeds.delivery.lookup import Lookup
from feeds.delivery.ranges import ByteRange, UnsatisfiableRangeError, parse_range
from feeds.delivery.rows import AudioFacts, ClipRow, EpisodeRow, FeedRow
from feeds.tokens import MEDIA, Tokens

Part = Literal["audio", "preview", "chapters", "transcript"]

_NAME = re.compile(
    r"(?P<key>[a-z2-7]{10})"
    r"(?:\.(?:(?P<preview>preview)|(?P<chapters>chapters)|(?P<transcript>\d{1,10})))?"
    r"\.(?P<extension>[a-z0-9]{2,5})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AudioSource:
    """Where audio is, and whether the front (nginx) sends what is on this machine's disk."""

    storage: Storage
    accel_prefix: str = ""
    artwork: Callable[[str], str] = str  # where a stored picture is, for chapters


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
    source: AudioSource,
    now: float,
) -> MediaAnswer | None:
    """The answer for ``/m/<token>/<name>``; None when no such feed was ever made."""
    feed_key = tokens.read(MEDIA, token)
    found = None if feed_key is None else lookup.media(feed_key, name.key, name.transcript_id)
    if found is None:
        return None
    feed, episode, clip = found
    if feed.state != "open":
        return MediaAnswer(text_answer(410, "This feed was closed or replaced."), feed)
    if clip is not None and name.part == "audio":
        return _announcement(clip, feed, request, source=source, now=now)
    if episode is None or not is_out(episode.facts, now):
        return MediaAnswer(text_answer(404, "There is no such episode."), feed)
    entitlement = entitlement_at(parse_windows(feed.windows), now)
    if name.part != "preview" and not may_hear(entitlement, episode.facts, now):
        sentence = "This episode is for members; your membership does not include it at present."
        return MediaAnswer(text_answer(403, sentence), feed, episode)
    return _serve(name.part, episode, feed, request, source=source, now=now)


def _announcement(
    clip: ClipRow, feed: FeedRow, request: Request, *, source: AudioSource, now: float
) -> MediaAnswer:
    """A clip, to whoever's feed has it now. It is no episode, so nothing is counted."""
    if told_at(parse_windows(feed.windows), now).notice != clip.notice:
        return MediaAnswer(text_answer(403, "This message is not for you at present."), feed)
    answer, asked, redirected = _audio(clip.audio, request, True, source, now)
    return MediaAnswer(answer, feed, None, clip.audio, asked, redirected)


def answer_public_media(
    name: MediaName, request: Request, *, lookup: Lookup, source: AudioSource, now: float
) -> MediaAnswer:
    """The answer for ``/listen/<name>``: public episodes, and previews of the others."""
    episode = lookup.public(name.key, name.transcript_id)
    if episode is None or not is_out(episode.facts, now):
        return MediaAnswer(text_answer(404, "There is no such episode."))
    if name.part != "preview" and not is_public(episode.facts, now):
        sentence = "This episode is for members. Their own feed plays it."
        return MediaAnswer(text_answer(403, sentence), None, episode)
    return _serve(name.part, episode, None, request, source=source, now=now)


def _serve(
    part: Part,
    episode: EpisodeRow,
    feed: FeedRow | None,
    request: Request,
    *,
    source: AudioSource,
    now: float,
) -> MediaAnswer:
    if part == "chapters" and episode.chapters:
        return MediaAnswer(_chapters(episode, source, private=feed is not None), feed, episode)
    if part == "transcript" and episode.transcript is not None:
        return MediaAnswer(_transcript(episode, source.storage, feed), feed, episode)
    audio = episode.preview if part == "preview" else episode.audio
    if part in {"chapters", "transcript"} or audio is None:
        return MediaAnswer(text_answer(404, "The episode has no such file."), feed, episode)
    answer, asked, redirected = _audio(audio, request, feed is not None, source, now)
    return MediaAnswer(answer, feed, episode, audio, asked, redirected)


def _audio(
    audio: AudioFacts, request: Request, private: bool, source: AudioSource, now: float
) -> tuple[Answer, ByteRange | None, bool]:
    if request.method != "HEAD":
        elsewhere = _sent_by_others(audio, request, private, source, now)
        if elsewhere is not None:
            return elsewhere
    etag = f'"{audio.sha256[:32]}"'
    fixed = [
        ("Content-Type", audio.mime),
        ("Accept-Ranges", "bytes"),
        ("ETag", etag),
        *_cache_headers(private),
    ]
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
        part = ByteRange(0, audio.size)
        headers = [("Content-Length", str(audio.size)), *fixed]
        return (
            Answer(200, headers, StoredBytes(source.storage, audio.object_key, part)),
            part,
            False,
        )
    headers = [
        ("Content-Length", str(part.length)),
        ("Content-Range", f"bytes {part.start}-{part.end - 1}/{audio.size}"),
        *fixed,
    ]
    return Answer(206, headers, StoredBytes(source.storage, audio.object_key, part)), part, False


def _sent_by_others(
    audio: AudioFacts, request: Request, private: bool, source: AudioSource, now: float
) -> tuple[Answer, ByteRange, bool] | None:
    """The answer where S3 or the front sends the bytes; None where we do."""
    moment = datetime.fromtimestamp(now, UTC)
    signed = source.storage.presigned_get(audio.object_key, now=moment, content_type=audio.mime)
    if signed is not None:
        return _moved(signed, private), _asked(request, audio), True
    if source.accel_prefix and source.storage.local_path(audio.object_key) is not None:
        # nginx answers ranges and conditions itself; only who may hear was ours to say.
        headers = [
            ("X-Accel-Redirect", f"{source.accel_prefix.rstrip('/')}/{audio.object_key}"),
            ("Content-Type", audio.mime),
            ("Content-Length", "0"),
            *_cache_headers(private),
        ]
        return Answer(200, headers), _asked(request, audio), True
    return None


@lru_cache(maxsize=2048)
def _moved(signed: str, private: bool) -> Answer:
    """One for all whom it leads there, since it is kept for each of them (redirects.py)."""
    # The address behind expires, so nobody may remember it beyond this request; and whoever
    # is behind need not know ours. There is nothing here to index or to mistake.
    headers = [
        ("Location", signed),
        ("Content-Length", "0"),
        ("Cache-Control", "private, no-store" if private else "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ]
    return Answer(302, headers)


def _asked(request: Request, audio: AudioFacts) -> ByteRange:
    try:
        return parse_range(request.range, audio.size) or ByteRange(0, audio.size)
    except UnsatisfiableRangeError:
        return ByteRange(audio.size, audio.size)


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


def _chapters(episode: EpisodeRow, source: AudioSource, *, private: bool) -> Answer:
    document = chapters_json(episode.chapters, title=episode.title, address=source.artwork)
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
