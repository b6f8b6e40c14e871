"""The dry run: what a feed would bring, what of it is missing or broken, what it would fill."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.errors import EpisodeError
from episodes.models import Episode
from episodes.rss_import.feed import ForeignFeed, ForeignItem
from episodes.rss_import.fetch import Fetcher

MAX_GUID = 512
MAX_ASKED = 1000  # files whose size we ask for one by one


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of an item: new, here (already) or unusable with the reason."""

    item: ForeignItem
    state: str
    reason: str = ""


def judge(session: Session, feed: ForeignFeed, show_id: int | None) -> list[Verdict]:
    """A verdict on every item, in the feed's order. Nothing is fetched."""
    here = _guids_here(session, show_id)
    seen: set[str] = set()
    verdicts = []
    for item in feed.items:
        reason = _fault(item, seen)
        seen.add(item.guid)
        state = "unusable" if reason else "here" if item.guid in here else "new"
        verdicts.append(Verdict(item, state, reason))
    return verdicts


def _guids_here(session: Session, show_id: int | None) -> set[str]:
    if show_id is None:
        return set()
    return set(session.scalars(select(Episode.guid).where(Episode.show_id == show_id)))


def _fault(item: ForeignItem, seen: set[str]) -> str:
    if not item.audio_url:
        return "there is no audio in this item"
    if item.audio_mime.startswith("video/"):
        return "this is a film and not audio"
    if not item.audio_mime.startswith("audio/") and item.audio_mime.startswith(
        ("image/", "text/", "application/pdf", "application/epub")
    ):
        return f"this is {item.audio_mime} and not audio"
    if len(item.guid) > MAX_GUID:
        return f"its guid is longer than {MAX_GUID} characters"
    if item.guid in seen:
        return "another item has the same guid"
    return ""


def ask_sizes(verdicts: Iterable[Verdict], fetcher: Fetcher, connections: int) -> list[Verdict]:
    """Ask where the feed does not say how large a file is; a file that is gone is found out.

    Only requests that no host counts as downloads. Raises Interrupted.
    """
    verdicts = list(verdicts)
    unsure = [n for n, v in enumerate(verdicts) if v.state == "new"][:MAX_ASKED]
    with ThreadPoolExecutor(connections) as pool:
        asked = pool.map(lambda n: _asked(verdicts[n], fetcher), unsure)
        for number, verdict in zip(unsure, asked, strict=True):
            verdicts[number] = verdict
    return verdicts


def _asked(verdict: Verdict, fetcher: Fetcher) -> Verdict:
    item = verdict.item
    try:
        size = fetcher.size_of(item.audio_url)
    except EpisodeError as error:
        return replace(verdict, state="unusable", reason=str(error))
    return replace(verdict, item=replace(item, length=size)) if size else verdict


@dataclass(frozen=True, slots=True)
class Totals:
    """Items by verdict, and the bytes of the new ones as far as they are known."""

    new: int
    here: int
    unusable: int
    bytes: int
    sizes_unknown: int


def add_up(verdicts: Iterable[Verdict]) -> Totals:
    """What all verdicts amount to."""
    verdicts = list(verdicts)
    new = [v.item for v in verdicts if v.state == "new"]
    return Totals(
        new=len(new),
        here=sum(v.state == "here" for v in verdicts),
        unusable=sum(v.state == "unusable" for v in verdicts),
        bytes=sum(item.length for item in new),
        sizes_unknown=sum(not item.length for item in new),
    )


def notes_on(feed: ForeignFeed, url: str = "") -> list[str]:
    """What the podcaster should know of the feed at ``url`` before it is brought over."""
    notes = []
    if feed.locked:
        notes.append("the feed is locked (podcast:locked): only its owner may bring it over")
    if feed.moved_to and feed.moved_to != url:
        notes.append("the feed says that it has moved already (itunes:new-feed-url)")
    if not feed.podcast_guid:
        notes.append("the feed has no podcast:guid: the show gets one of its own")
    if not feed.categories:
        notes.append("no category of the feed is one of Apple's: choose one")
    if not feed.image_url:
        notes.append("the feed has no artwork: upload one")
    if any(item.published is None for item in feed.items):
        notes.append("some items have no date: they keep the order they stand in")
    return notes
