"""The feed doctor: how one private feed is doing, and what would make it better.

``examine_feed`` reads the facts, ``diagnose`` is pure. Both speak in codes; the words for
people, in their language, are the pages'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from feeds.access import (
    CARD_FAILING,
    LAPSED,
    Entitlement,
    Window,
    entitlement_at,
    may_hear,
    parse_windows,
)
from feeds.downloads.agents import feed_app
from feeds.downloads.models import RawHit
from feeds.models import Access, FeedVisit, PrivateFeed
from feeds.rendering.assemble import facts_of

Level = Literal["good", "info", "warning"]
Code = Literal[
    "closed",  # the feed was closed for good
    "replaced",  # it was reset; another address took its place
    "lapsed",  # the membership ended: only free episodes and a notice
    "card_failing",  # the last payment failed; everything still plays
    "only_free",  # nobody paid: free episodes only
    "waiting",  # made just now; no app has come yet
    "never_fetched",  # made a while ago; no app ever came
    "up_to_date",  # this app has everything
    "behind",  # it came before the newest episode; its next visit is due
    "stuck",  # it has missed episodes and does not come any more
    "quiet",  # it has nothing to miss, but has not come for long
    "failed",  # its last visit met an error of ours
    "old_address",  # it still asks an address that was reset
    "played",  # what was heard last
    "exposed",  # its address travelled without encryption
]

PATIENCE = timedelta(minutes=15)  # for an app to come to a new feed
ROUND = timedelta(hours=24)  # every app looks at least so often
QUIET = timedelta(days=14)
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Visit:
    """What an app, or its server, last asked and was answered."""

    app: str
    at: datetime
    status: int
    by_server: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """An episode the feed holds, with the moment it came out."""

    title: str
    out_since: datetime


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What the doctor knows of a feed. ``episodes`` are those its member may hear now.

    ``old_visits`` went to addresses that this feed replaced.
    """

    state: str
    created_at: datetime
    windows: tuple[Window, ...]
    visits: Sequence[Visit]
    old_visits: Sequence[Visit]
    episodes: Sequence[Heard]
    played: tuple[str, Visit] | None = None
    exposed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say. ``missing`` counts episodes; ``episode`` is a title."""

    code: Code
    level: Level
    app: str = ""
    at: datetime | None = None
    by_server: bool = False
    status: int = 0
    missing: int = 0
    episode: str = ""


def examine_feed(session: Session, feed: PrivateFeed, now: datetime) -> list[Finding]:
    """What there is to say of a feed, the membership first, then app by app, newest first."""
    return diagnose(feed_facts(session, feed, now), now)


def diagnose(facts: FeedFacts, now: datetime) -> list[Finding]:
    """The findings of these facts at this moment. A closed feed has one."""
    if facts.state == "revoked":
        return [Finding("closed", "warning")]
    if facts.state == "replaced":
        return [Finding("replaced", "warning")]
    findings = [*_membership(entitlement_at(facts.windows, now.timestamp()))]
    if facts.exposed_at is not None:
        findings.append(Finding("exposed", "warning", at=facts.exposed_at))
    if facts.visits:
        newest_first = sorted(facts.visits, key=lambda visit: visit.at, reverse=True)
        findings += [_visit(facts, visit, now) for visit in newest_first]
    else:
        fresh = now - facts.created_at < PATIENCE
        findings.append(
            Finding("waiting", "info") if fresh else Finding("never_fetched", "warning")
        )
    # What was asked before the reset is not the app's fault.
    findings += [
        Finding("old_address", "warning", visit.app, visit.at, visit.by_server, visit.status)
        for visit in facts.old_visits
        if visit.at > max(facts.created_at, now - RECENT)
    ]
    if facts.played:
        title, visit = facts.played
        findings.append(Finding("played", "good", visit.app, visit.at, episode=title))
    return findings


def _membership(entitlement: Entitlement) -> Iterator[Finding]:
    if entitlement.notice == LAPSED:
        yield Finding("lapsed", "warning")
    elif entitlement.notice == CARD_FAILING:
        yield Finding("card_failing", "warning")
    elif not entitlement.scopes:
        yield Finding("only_free", "info")


def _visit(facts: FeedFacts, visit: Visit, now: datetime) -> Finding:
    missing = [each for each in facts.episodes if each.out_since > visit.at]
    code, level = _verdict(visit, bool(missing), now - visit.at)
    newest = max(missing, key=lambda each: each.out_since).title if missing else ""
    return Finding(
        code, level, visit.app, visit.at, visit.by_server, visit.status, len(missing), newest
    )


def _verdict(visit: Visit, missing: bool, since: timedelta) -> tuple[Code, Level]:
    if visit.status >= 500:
        return "failed", "warning"
    if missing:
        return ("behind", "info") if since < ROUND else ("stuck", "warning")
    return ("quiet", "info") if since > QUIET else ("up_to_date", "good")


def feed_facts(session: Session, feed: PrivateFeed, now: datetime) -> FeedFacts:
    """Read what is known of a feed."""
    access = session.get(Access, (feed.member_id, feed.show_id))
    windows = parse_windows(access.windows) if access else ()
    visits = _visits(session, [feed.id])
    if not visits and feed.last_fetched_at is not None:  # from before visits were kept
        visits = [Visit(feed.last_app, feed.last_fetched_at, feed.last_status or 200)]
    return FeedFacts(
        state=feed.state,
        created_at=feed.created_at,
        windows=windows,
        visits=visits,
        old_visits=_visits(session, _replaced_by(session, feed)),
        episodes=_episodes(session, feed.show_id, windows, now),
        played=_played(session, feed, now),
        exposed_at=feed.exposed_at,
    )


def _visits(session: Session, feed_ids: Sequence[int]) -> list[Visit]:
    rows = session.scalars(select(FeedVisit).where(FeedVisit.feed_id.in_(feed_ids)))
    return [Visit(row.app, row.last_at, row.last_status, row.by_server) for row in rows]


def _replaced_by(session: Session, feed: PrivateFeed) -> list[int]:
    """The feeds that this one stands in for, resets of resets included."""
    found: list[int] = []
    successors = [feed.id]
    while successors:
        successors = list(
            session.scalars(
                select(PrivateFeed.id).where(PrivateFeed.replaced_by_id.in_(successors))
            )
        )
        found += successors
    return found


def _episodes(
    session: Session, show_id: int, windows: tuple[Window, ...], now: datetime
) -> list[Heard]:
    entitlement = entitlement_at(windows, now.timestamp())
    rows = session.scalars(
        select(Episode).where(Episode.show_id == show_id, Episode.state == "ready")
    )
    return [
        Heard(row.title, row.publish_at)
        for row in rows
        if row.publish_at is not None and may_hear(entitlement, facts_of(row), now.timestamp())
    ]


def _played(session: Session, feed: PrivateFeed, now: datetime) -> tuple[str, Visit] | None:
    row = session.execute(
        select(Episode.title, RawHit.at, RawHit.status, RawHit.feed_app, RawHit.user_agent)
        .join(Episode, Episode.key == RawHit.episode_key)
        .where(RawHit.feed_id == feed.id, RawHit.at > now - RECENT)
        .order_by(RawHit.at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    # A library's own name means little; the app that fetched the feed is the better guess.
    return row.title, Visit(row.feed_app or feed_app(row.user_agent), row.at, row.status)
