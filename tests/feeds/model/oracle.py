"""Who should hear what, said a second time and as simply as possible.

Written from the description of the product, not from its code: no spans worked out ahead, no
caches, no folding of grants. Every question is answered from scratch for one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WELCOME = timedelta(days=14)


@dataclass
class Episode:
    """An episode as the podcaster sees it."""

    id: int
    key: str
    guid: str
    title: str
    audience: str
    season: int | None
    tiers: frozenset[int]
    size: int
    state: str = "draft"
    publish_at: datetime | None = None
    public_at: datetime | None = None

    def out(self, now: datetime) -> bool:
        """Published and its time has come."""
        return self.state == "ready" and self.publish_at is not None and self.publish_at <= now


@dataclass
class Grant:
    """A right for a time; ``ends`` None is for ever."""

    scope: str
    scope_id: int
    starts: datetime
    ends: datetime | None
    notice: str

    def runs(self, now: datetime) -> bool:
        return self.starts <= now and (self.ends is None or now < self.ends)

    @property
    def is_membership(self) -> bool:
        return self.scope in {"show", "tier"}


@dataclass
class Feed:
    """One private address of a member."""

    token: str
    media: str
    state: str = "open"
    closes: datetime | None = None

    def gone(self, now: datetime) -> bool:
        if self.state == "replaced":
            assert self.closes is not None
            return now >= self.closes
        return self.state == "revoked"


@dataclass
class Member:
    """A listener with rights by (scope, id, source), and addresses."""

    id: int
    feeds: list[Feed] = field(default_factory=list)
    grants: dict[tuple[str, int, str], Grant] = field(default_factory=dict)

    def running(self, now: datetime) -> list[Grant]:
        return [grant for grant in self.grants.values() if grant.runs(now)]


@dataclass
class Clip:
    """What the podcaster says in the feed, in sound, beside a notice."""

    key: str
    size: int


@dataclass
class Show:
    """The show and everything in it."""

    slug: str
    archive_days: int | None = None
    archive_count: int | None = None
    public_feed: str = "teaser"
    episodes: list[Episode] = field(default_factory=list)
    clips: dict[str, Clip] = field(default_factory=dict)  # by notice

    def released(self, now: datetime) -> list[Episode]:
        """What is out, newest first."""
        out = [episode for episode in self.episodes if episode.out(now)]
        return sorted(out, key=lambda each: (each.publish_at, each.id), reverse=True)

    def everybody_hears(self, episode: Episode, now: datetime) -> bool:
        """Whether the public may hear the episode."""
        if not episode.out(now):
            return False
        assert episode.publish_at is not None
        if episode.audience == "free":
            opened = episode.publish_at
        elif episode.public_at is not None:
            opened = max(episode.publish_at, episode.public_at)
        else:
            return False
        if opened > now:
            return False
        days, count = self.archive_days, self.archive_count
        if days is not None and now >= opened + timedelta(days=days):
            return False
        newer = self.released(now).index(episode)
        return count is None or newer < count


def hears(show: Show, member: Member, episode: Episode, now: datetime) -> bool:
    """Whether the member may hear the episode."""
    if not episode.out(now):
        return False
    if show.everybody_hears(episode, now):
        return True
    for grant in member.running(now):
        if grant.scope == "episode" and grant.scope_id == episode.id:
            return True
        if grant.scope == "season" and grant.scope_id == episode.season:
            return True
        if grant.is_membership and episode.audience in {"members", "free"}:
            return True
        if (
            episode.audience == "tiers"
            and grant.scope == "tier"
            and grant.scope_id in episode.tiers
        ):
            return True
    return False


def notice_for(show: Show, member: Member, feed: Feed, now: datetime) -> str:
    """What the feed tells the member besides its episodes."""
    if feed.state == "replaced":
        return "replaced"
    running = [grant for grant in member.running(now) if grant.is_membership]
    if running:
        if all(grant.notice for grant in running):
            return "card_failing"
        young = all(now < grant.starts + WELCOME for grant in running)
        return "welcome" if young and "welcome" in show.clips else ""
    over = [
        grant
        for grant in member.grants.values()
        if grant.is_membership and grant.ends and grant.starts < grant.ends <= now
    ]
    return "lapsed" if over else ""


def clip_status(show: Show, member: Member, feed: Feed, notice: str, now: datetime) -> int:
    """How a request for an announcement's sound is answered."""
    if feed.state != "open":
        return 410
    return 200 if notice_for(show, member, feed, now) == notice else 403


def feed_items(show: Show, member: Member, feed: Feed, now: datetime) -> list[Episode]:
    """The episodes in a private feed, newest first."""
    if feed.state == "replaced":
        return []
    return [each for each in show.released(now) if hears(show, member, each, now)]


def media_status(show: Show, member: Member, feed: Feed, episode: Episode, now: datetime) -> int:
    """How a request for the audio is answered."""
    if feed.state != "open":
        return 410
    if not episode.out(now):
        return 404
    return 200 if hears(show, member, episode, now) else 403


def moments(show: Show, members: list[Member]) -> Iterator[datetime]:
    """Every moment at which something may change by itself."""
    for episode in show.episodes:
        for opened in (episode.publish_at, episode.public_at):
            if opened is not None:
                yield opened
                yield opened + timedelta(days=show.archive_days or 0)
    for member in members:
        for grant in member.grants.values():
            yield grant.starts
            yield grant.starts + WELCOME
            if grant.ends is not None:
                yield grant.ends
        yield from (feed.closes for feed in member.feeds if feed.closes is not None)
