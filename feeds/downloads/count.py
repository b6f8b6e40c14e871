"""From hits to downloads, by the IAB Podcast Measurement Guidelines 2.3. Pure.

The choices the guidelines leave open, as they must be disclosed: the window is the calendar
day in UTC; a listener is an address hash with a user agent; a minute may be any bytes of the
file that together are as many as its header and first minute of sound; a hit answered by a
redirect, or handed to a front, tells only what was asked for and is marked request-based.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from feeds.downloads.agents import Agent
from feeds.downloads.ranges import united_length

SERVED = frozenset({200, 206})
REDIRECTED = frozenset({301, 302, 303, 307, 308})
# Two bytes are how players try whether ranges work (5.5.2, step 1.2, point 6).
PROBE_BYTES = 2

Refusal = Literal[
    "method", "status", "probe", "agent", "bot", "app_server", "watch_duplicate", "address"
]


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for an episode's audio, as it was answered.

    ``range_start`` and ``range_end`` are the first and last byte asked for, inclusive, None
    where the request did not say. ``bytes_served`` is None where somebody else served them.
    ``minute_bytes`` is the file's header and first minute of sound, in bytes.
    """

    at: datetime
    episode_key: str
    method: str
    status: int
    ip_hash: str
    user_agent: str
    file_bytes: int
    minute_bytes: int
    range_start: int | None = None
    range_end: int | None = None
    bytes_served: int | None = None
    feed_id: int | None = None
    member_id: int | None = None
    country: str | None = None
    feed_app: str = ""

    @property
    def day(self) -> date:
        """The UTC day the hit belongs to."""
        return self.at.astimezone(UTC).date()

    @property
    def request_based(self) -> bool:
        """Whether only the request is known, not the bytes that followed."""
        return self.status in REDIRECTED or self.bytes_served is None

    @property
    def is_probe(self) -> bool:
        """Whether it asks for no more than the two bytes that only try the server."""
        if self.range_end is None:
            return False
        return self.range_end - (self.range_start or 0) < PROBE_BYTES

    def span(self) -> tuple[int, int]:
        """The half-open span of the file's bytes that it stands for."""
        start = 0 if self.status == 200 else self.range_start or 0
        whole = self.status == 200 or self.range_end is None
        asked = self.file_bytes if whole else (self.range_end or 0) + 1
        end = min(asked, self.file_bytes)
        if not self.request_based:
            end = min(end, start + (self.bytes_served or 0))
        return (start, end) if end > start else (0, 0)


@dataclass(frozen=True, slots=True)
class Download:
    """One download of one episode on one UTC day by one listener."""

    day: date
    episode_key: str
    ip_hash: str
    app: str
    device: str
    country: str | None
    member_id: int | None
    request_based: bool


@dataclass(frozen=True, slots=True, order=True)
class Play:
    """One member heard one episode on one UTC day, on whatever devices and networks."""

    day: date
    episode_key: str
    member_id: int
    request_based: bool


@dataclass(frozen=True, slots=True)
class CountingRules:
    """What the count depends on besides the hits.

    ``count_redirected_probes`` also counts the listener of whom only a two-byte request is
    known, as prefix counters do that never see the request that follows a redirect.
    """

    classify: Callable[[str], Agent]
    excluded_addresses: Collection[str] = frozenset()
    count_redirected_probes: bool = False


def count_downloads(hits: Iterable[Hit], rules: CountingRules) -> list[Download]:
    """The downloads among the hits; the order of the hits changes nothing."""
    listeners: defaultdict[tuple[date, str, str, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        if refusal(hit, rules) is None:
            listeners[hit.day, hit.episode_key, hit.ip_hash, hit.user_agent].append(hit)
    downloads = []
    for key in sorted(listeners):
        heard = _heard_a_minute(listeners[key], rules)
        if heard is not None:
            downloads.append(_download(listeners[key], rules, request_based=heard == "requests"))
    return downloads


def count_plays(hits: Iterable[Hit], rules: CountingRules) -> list[Play]:
    """True member plays: member, episode and UTC day, by the same filters and threshold."""
    listeners: defaultdict[tuple[date, str, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.member_id is not None and refusal(hit, rules) is None:
            listeners[hit.day, hit.episode_key, hit.member_id].append(hit)
    plays = []
    for (day, episode_key, member_id), theirs in sorted(
        listeners.items(), key=lambda item: item[0]
    ):
        heard = _heard_a_minute(theirs, rules)
        if heard is not None:
            plays.append(Play(day, episode_key, member_id, heard == "requests"))
    return plays


def refusal(hit: Hit, rules: CountingRules) -> Refusal | None:
    """Why a hit can be no part of a download, or None when it can (5.5.2, step 1)."""
    if hit.method != "GET":
        return "method"
    if hit.status not in SERVED and hit.status not in REDIRECTED:
        return "status"
    if hit.is_probe and not _stands_for_more(hit, rules):
        return "probe"
    if hit.ip_hash in rules.excluded_addresses:
        return "address"
    return _refused_agent(hit.user_agent, rules)


def _stands_for_more(hit: Hit, rules: CountingRules) -> bool:
    first_two = hit.range_start == 0 and hit.range_end == 1
    return rules.count_redirected_probes and hit.request_based and first_two


def _refused_agent(user_agent: str, rules: CountingRules) -> Refusal | None:
    if is_watch_duplicate(user_agent):
        return "watch_duplicate"
    agent = rules.classify(user_agent)
    if agent.kind == "malformed":
        return "agent"
    if agent.server_crawler:
        return "app_server"
    return "bot" if agent.bot else None


def is_watch_duplicate(user_agent: str) -> bool:
    """Whether a watch asks for what its telephone has asked for too (step 1.2, point 7)."""
    if user_agent.startswith("atc/") and "watchOS" in user_agent:
        return True
    return "(null)/(null) watchOS" in user_agent


def busy_addresses(hits: Iterable[Hit], limit: int) -> frozenset[str]:
    """Addresses with more episodes and user agents in a day than people have (point 1).

    Hits that carry a member are left out: who pays may fetch a whole archive on one day.
    """
    seen: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for hit in hits:
        if hit.member_id is None and hit.ip_hash:
            seen[hit.ip_hash].add((hit.episode_key, hit.user_agent))
    return frozenset(address for address, pairs in seen.items() if len(pairs) > limit)


def threshold_bytes(file_bytes: int, minute_bytes: int) -> int:
    """How many bytes make a download: header and a minute, else 100 % (5.5.3)."""
    return minute_bytes if 0 < minute_bytes < file_bytes else file_bytes


def _heard_a_minute(
    hits: Sequence[Hit], rules: CountingRules
) -> Literal["bytes", "requests"] | None:
    # Audio replaced during the day is another file: bytes of two files make no minute.
    files: defaultdict[tuple[int, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        files[hit.file_bytes, hit.minute_bytes].append(hit)
    if _reaches(files, lambda hit: not hit.request_based):
        return "bytes"
    if _reaches(files, lambda hit: True):
        return "requests"
    if rules.count_redirected_probes and any(hit.is_probe for hit in hits):
        return "requests"
    return None


def _reaches(files: Mapping[tuple[int, int], Sequence[Hit]], known: Callable[[Hit], bool]) -> bool:
    for (file_bytes, minute_bytes), hits in files.items():
        needed = threshold_bytes(file_bytes, minute_bytes)
        if 0 < needed <= united_length(hit.span() for hit in hits if known(hit)):
            return True
    return False


def _download(hits: Sequence[Hit], rules: CountingRules, *, request_based: bool) -> Download:
    # The earliest hit speaks for all; ties are settled by content, never by arrival.
    first = min(hits, key=lambda hit: (hit.at, hit.member_id or 0, hit.feed_app, hit.country or ""))
    agent = rules.classify(first.user_agent)
    # A media library does not say whose it is; the app that fetched the feed does.
    app = first.feed_app if agent.kind == "library" and first.feed_app else agent.name
    return Download(
        day=first.day,
        episode_key=first.episode_key,
        ip_hash=first.ip_hash,
        app=app,
        device=agent.device,
        country=first.country,
        member_id=min((hit.member_id for hit in hits if hit.member_id is not None), default=None),
        request_based=request_based,
    )
