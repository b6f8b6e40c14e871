"""Doing an import's work: look, then copy. Safe to be killed and run again at any moment."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import CursorResult, or_, select, update

from episodes.errors import EpisodeError
from episodes.models import Show
from episodes.rss_import.adopt import Brought, Target, add_episode, bring_artwork
from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import Interrupted, may_pass
from episodes.rss_import.feed import ForeignFeed, ForeignItem
from episodes.rss_import.fetch import Fetcher
from episodes.rss_import.hands import Hands, Unwatched, Watcher
from episodes.rss_import.imports import CLAIM_HOLDS, count_states, find_import
from episodes.rss_import.look import ask_sizes, judge, notes_on
from episodes.rss_import.models import FeedImport, FeedImportItem
from episodes.rss_import.part import Part
from episodes.rss_import.rows import dates_of, note_items
from episodes.rss_import.show import find_by_guid, make_show
from episodes.rss_import.source import (
    Reading,
    Source,
    open_source,
    read_document,
    read_source,
    unpack,
)
from episodes.storage.base import StorageUnavailable


def claim(desk: Desk, key: str) -> bool:
    """Take an import's work; False while another worker gives signs of life."""
    now = desk.clock()
    with desk.sessions.begin() as session:
        taken = session.execute(
            update(FeedImport)
            .where(
                FeedImport.key == key,
                or_(FeedImport.claimed_at.is_(None), FeedImport.claimed_at < now - CLAIM_HOLDS),
            )
            .values(claimed_at=now)
        )
        assert isinstance(taken, CursorResult)
        return bool(taken.rowcount)


def work_on(desk: Desk, key: str, watcher: Watcher | None = None) -> None:
    """Do what is due of a claimed import. What goes wrong stands in its ``reason``.

    Raises Interrupted when asked to stop; the work is then free for others.
    """
    try:
        with desk.sessions.begin() as session:
            state = find_import(session, key).state
        if state == "looking":
            look_at(desk, key)
        else:
            copy(desk, key, watcher or Unwatched())
    except EpisodeError as error:
        _finish(desk, key, "failed", str(error))
    except BaseException:
        _release(desk, key)
        raise


def look_at(desk: Desk, key: str) -> None:
    """The dry run: read the feed, ask for sizes, note a verdict for every item."""
    known = _known(desk, key)
    with closing(desk.fetcher(known.source)) as fetcher:
        reading = _read(known, fetcher, conditional=False)
        assert reading is not None
        with desk.sessions.begin() as session:
            verdicts = judge(session, reading.feed, find_import(session, key).show_id)
        verdicts = ask_sizes(verdicts, fetcher, desk.connections)
    with desk.sessions.begin() as session:
        found = find_import(session, key)
        found.title, found.warnings = (
            reading.feed.title,
            notes_on(reading.feed, known.source.url if known.source else ""),
        )
        found.looked_at = desk.clock()
        note_items(session, found, verdicts)
        _set(found, "looked", "", desk.clock())


def copy(desk: Desk, key: str, watcher: Watcher) -> None:
    """Bring everything that is not here yet, newest first, a few files at a time."""
    known = _known(desk, key)
    with closing(desk.fetcher(known.source)) as fetcher:
        reading = _read(known, fetcher, conditional=True)
        if reading is None:
            _finish(desk, key, "done", "")
        else:
            _copy_all(desk, key, reading, fetcher, watcher)


def _copy_all(desk: Desk, key: str, reading: Reading, fetcher: Fetcher, watcher: Watcher) -> None:
    target = _prepare(desk, key, reading.feed, fetcher)
    with desk.sessions.begin() as session:
        verdicts = judge(session, reading.feed, target.show_id)
        note_items(session, find_import(session, key), verdicts)
    wanted = [verdict.item for verdict in verdicts if verdict.state == "new"]
    dates = dates_of(reading.feed.items, desk.clock())
    hands = Hands(desk, fetcher, target, watcher)
    failed = 0
    for item, brought in hands.bring(wanted, lambda: _still_wanted(desk, key)):
        failed += not _settle(desk, key, target, item, brought, dates[item.guid], watcher)
    if _still_wanted(desk, key):
        _conclude(desk, key, reading, failed, target.folder)
    else:
        _release(desk, key)


@dataclass(frozen=True, slots=True)
class _Known:
    """What an import knows of its feed before asking for it."""

    source: Source | None
    document: bytes | None
    etag: str
    modified: str


def _known(desk: Desk, key: str) -> _Known:
    with desk.sessions.begin() as session:
        found = find_import(session, key)
        source = open_source(found.source, desk.vault) if found.source else None
        if count_states(session, found).get("new"):
            # The feed may be as it was, but not everything of it is here: read it anyway.
            return _Known(source, found.document, "", "")
        return _Known(source, found.document, found.etag, found.modified)


def _read(known: _Known, fetcher: Fetcher, *, conditional: bool) -> Reading | None:
    """The feed as it is now; None when it is as it was when we were done with it."""
    if known.source is None:
        return read_document(unpack(known.document or b""))
    if conditional:
        return read_source(known.source, fetcher, etag=known.etag, modified=known.modified)
    return read_source(known.source, fetcher)


def _prepare(desk: Desk, key: str, feed: ForeignFeed, fetcher: Fetcher) -> Target:
    """The show that takes the episodes in, made if there is none yet, and its artwork."""
    now = desk.clock()
    with desk.sessions.begin() as session:
        found = find_import(session, key)
        if found.show_id is None:
            known = find_by_guid(session, feed)
            made = known or make_show(session, feed, public_url=desk.public_url, now=now)
            found.show_id = made.id
        show = session.get_one(Show, found.show_id)
        target = Target(
            import_key=key,
            show_id=show.id,
            language=show.language,
            artwork_url=feed.image_url,
            fields=dict(found.fields),
            folder=desk.folder / key,
        )
        bare = show.artwork_key is None
    target.folder.mkdir(parents=True, exist_ok=True)
    if bare and feed.image_url:
        _give_artwork(desk, key, target.show_id, feed.image_url, fetcher)
    return target


def _give_artwork(desk: Desk, key: str, show_id: int, url: str, fetcher: Fetcher) -> None:
    try:
        artwork = bring_artwork(desk, fetcher, url, show_id)
    except StorageUnavailable:
        raise
    except EpisodeError as error:
        with desk.sessions.begin() as session:
            found = find_import(session, key)
            found.warnings = [*found.warnings, f"the show's artwork is left out: {error}"]
        return
    with desk.sessions.begin() as session:
        session.get_one(Show, show_id).artwork_key = artwork


def _settle(
    desk: Desk,
    key: str,
    target: Target,
    item: ForeignItem,
    brought: Brought | EpisodeError,
    published: datetime,
    watcher: Watcher,
) -> bool:
    """Write what became of an item; False when trying again may help."""
    state, reason, size, warnings = "copied", "", item.length, list[str]()
    with desk.sessions.begin() as session:
        if isinstance(brought, Brought):
            size, warnings = brought.audio.size, brought.warnings
            try:
                if not add_episode(session, target, brought, published, desk.clock()):
                    state = "here"
            except EpisodeError as error:
                state, reason = "refused", str(error)
        else:
            state, reason = "refused", str(brought)
        session.execute(
            update(FeedImportItem)
            .where(
                FeedImportItem.guid == item.guid,
                FeedImportItem.import_id == find_import(session, key).id,
            )
            .values(state=state, reason=reason, size=size, warnings=warnings)
        )
    if isinstance(brought, Brought):
        Part(target.folder, brought.key).forget()
    watcher.settled(item.title, state, reason)
    return isinstance(brought, Brought) or not may_pass(brought)


def _conclude(desk: Desk, key: str, reading: Reading, failed: int, folder: Path) -> None:
    """Done, unless something could be had later; then the next start tries only that."""
    with desk.sessions.begin() as session:
        found = find_import(session, key)
        if not failed:
            found.etag, found.modified = reading.etag, reading.modified
    if failed:
        _finish(
            desk, key, "failed", f"{failed} episodes could not be brought over: try again later"
        )
        return
    shutil.rmtree(folder, ignore_errors=True)
    _finish(desk, key, "done", "")


def _still_wanted(desk: Desk, key: str) -> bool:
    """Give a sign of life; False once it was paused. Raises Interrupted."""
    if desk.stopped():
        raise Interrupted
    with desk.sessions.begin() as session:
        found = find_import(session, key)
        found.claimed_at = desk.clock()
        return found.state in {"copying", "done"}


def _finish(desk: Desk, key: str, state: str, reason: str) -> None:
    with desk.sessions.begin() as session:
        _set(find_import(session, key), state, reason, desk.clock())


def _set(found: FeedImport, state: str, reason: str, now: datetime) -> None:
    found.state, found.reason, found.updated_at, found.claimed_at = state, reason, now, None


def _release(desk: Desk, key: str) -> None:
    with desk.sessions.begin() as session:
        found = session.scalars(select(FeedImport).where(FeedImport.key == key)).first()
        if found is not None:
            found.claimed_at = None
