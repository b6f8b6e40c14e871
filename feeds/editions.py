"""Editions: one rendering for everybody who may hear exactly the same episodes.

An edition is found in three steps, each cheaper than the next is dear:

1. *memo*: (show, revision, entitlement) → edition, until the next moment at which an
   episode appears, opens or closes by itself. This answers nearly every poll.
2. *content*: the document is assembled from the database and its fingerprint taken.
   Whoever sees the same content shares the same edition, whatever their tier is called.
3. *build*: the document is rendered, compressed and checked; once, however many ask
   (single flight), and shared with other worker processes through a folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from feeds.access import Entitlement
from feeds.personalise import PreparedDocument, dump, load
from feeds.rendering.document import FeedDocument, fingerprint

log = logging.getLogger(__name__)

MEMO_ENTRIES = 20_000
CLOCK_STEP = 60.0  # seconds that clocks are put back every now and then, without a meaning


@dataclass(frozen=True, slots=True)
class Assembled:
    """A document, the show's revision it was read at, and when it changes by itself.

    ``valid_until`` is in Unix seconds, None for never.
    """

    document: FeedDocument
    revision: int
    valid_until: float | None


class Assemble(Protocol):
    """Reads what an entitlement sees of a show at a moment. Raises LookupError if it is gone."""

    def __call__(self, show_id: int, seen_by: Entitlement | None, now: float) -> Assembled: ...


class Found(NamedTuple):
    """An edition, its tag, which changes exactly when the content does, and its revision.

    ``valid_until``: when another one takes its place by itself, in Unix seconds, None for never.
    """

    edition: PreparedDocument
    tag: str
    revision: int
    valid_until: float | None


@dataclass(frozen=True, slots=True)
class _Remembered:
    found: Found
    made_at: float

    def stands(self, now: float) -> bool:
        """Not before it was made either: what came out by a clock that ran ahead is not out."""
        until = self.found.valid_until
        in_time = until is None or now < until
        return in_time and now > self.made_at - CLOCK_STEP


@dataclass(slots=True)
class EditionStats:
    """Counters for the status page and the tests."""

    memo_hits: int = 0
    content_hits: int = 0
    shared_hits: int = 0
    builds: int = 0


@dataclass(slots=True)
class _Flight:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class Editions:
    """The bounded cache of editions of one process. Safe to use from many threads."""

    def __init__(
        self,
        assemble: Assemble,
        build: Callable[[FeedDocument], PreparedDocument],
        *,
        max_bytes: int,
        folder: Path | None,
    ) -> None:
        self._assemble = assemble
        self._build = build
        self._max_bytes = max_bytes
        self._folder = folder
        self._memo: dict[tuple[int, int, Entitlement | None], _Remembered] = {}
        self._by_content: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._outdated: dict[int, set[str]] = {}  # by show, what its last change made old
        self._held = 0
        self._lock = threading.Lock()
        self._flights: dict[object, _Flight] = {}
        self.stats = EditionStats()

    def find(self, show_id: int, revision: int, seen_by: Entitlement | None, now: float) -> Found:
        """The edition for an entitlement; None as entitlement is the public feed.

        Its revision is a later one than asked for when the show changed meanwhile. Raises
        LookupError for an unknown show.
        """
        key = (show_id, revision, seen_by)
        known = self._memo.get(key)
        if known is not None and known.stands(now):
            self.stats.memo_hits += 1
            return known.found
        with self._one_at_a_time(key):
            known = self._memo.get(key)
            if known is None or not known.stands(now):
                known = self._find_content(show_id, seen_by, now)
                self._remember((show_id, known.found.revision, seen_by), known)
            return known.found

    def _find_content(self, show_id: int, seen_by: Entitlement | None, now: float) -> _Remembered:
        assembled = self._assemble(show_id, seen_by, now)
        tag = fingerprint(assembled.document)[:20]
        with self._one_at_a_time(tag):
            edition = self._held_edition(tag) or self._shared_edition(tag, assembled.document)
        found = Found(edition, tag, assembled.revision, assembled.valid_until)
        return _Remembered(found, now)

    def _held_edition(self, tag: str) -> PreparedDocument | None:
        with self._lock:
            edition = self._by_content.get(tag)
            if edition is not None:
                self._by_content.move_to_end(tag)
                self.stats.content_hits += 1
        return edition

    def _shared_edition(self, tag: str, document: FeedDocument) -> PreparedDocument:
        if self._folder is None:
            edition = self._build_now(document)
        else:
            path = self._folder / f"{tag}.edition"
            with _file_lock(path.with_suffix(".lock")):
                edition = self._read_shared(path) or self._write_shared(path, document)
        self._hold(tag, edition)
        return edition

    def _build_now(self, document: FeedDocument) -> PreparedDocument:
        self.stats.builds += 1
        return self._build(document)

    def _read_shared(self, path: Path) -> PreparedDocument | None:
        try:
            edition = load(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            log.warning("a shared edition is damaged and is built again: %s", path.name)
            return None
        self.stats.shared_hits += 1
        os.utime(path)  # what is used stays when the folder is trimmed
        return edition

    def _write_shared(self, path: Path, document: FeedDocument) -> PreparedDocument:
        edition = self._build_now(document)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            temporary.write_bytes(dump(edition))
            temporary.replace(path)
            _trim(path.parent, self._max_bytes)
        except OSError as error:
            # A full disk must not keep listeners from their feed.
            log.warning("an edition could not be shared with other workers: %s", error)
            temporary.unlink(missing_ok=True)
        return edition

    def _hold(self, tag: str, edition: PreparedDocument) -> None:
        with self._lock:
            self._by_content[tag] = edition
            self._held += edition.weight
            while self._held > self._max_bytes and len(self._by_content) > 1:
                _, dropped = self._by_content.popitem(last=False)
                self._held -= dropped.weight
                self._memo = {k: v for k, v in self._memo.items() if v.found.edition is not dropped}

    def _remember(self, key: tuple[int, int, Entitlement | None], remembered: _Remembered) -> None:
        with self._lock:
            show_id, revision, _ = key
            if len(self._memo) >= MEMO_ENTRIES:
                self._memo.clear()
            # Older revisions of the show can never be asked for again.
            outdated = [k for k in self._memo if k[0] == show_id and k[1] < revision]
            if outdated:
                self._let_go(show_id)
                self._outdated[show_id] = {self._memo.pop(old).found.tag for old in outdated}
            replaced = self._memo.get(key)
            if replaced is not None:  # a time arrived
                self._outdated.setdefault(show_id, set()).add(replaced.found.tag)
            self._memo[key] = remembered

    def _let_go(self, show_id: int) -> None:
        """Forget what the revision before the last showed, and no later one turned out to share."""
        used = {each.found.tag for each in self._memo.values()}
        for tag in self._outdated.pop(show_id, set()) - used:
            edition = self._by_content.pop(tag, None)
            if edition is not None:
                self._held -= edition.weight

    @contextlib.contextmanager
    def _one_at_a_time(self, key: object) -> Iterator[None]:
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.waiting += 1
        try:
            with flight.lock:
                yield
        finally:
            with self._lock:
                flight.waiting -= 1
                if flight.waiting == 0:
                    del self._flights[key]


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    """Hold a lock that other processes on this machine respect; freed even by kill -9."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _trim(folder: Path, max_bytes: int) -> None:
    """Delete the least recently used shared editions beyond ``max_bytes``."""
    entries = []
    for path in folder.glob("*.edition"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= max_bytes:
            break
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
        total -= size
