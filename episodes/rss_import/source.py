"""Where a feed comes from, kept so that it can be asked again, and sealed while it is kept."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.feed import ForeignFeed
from episodes.rss_import.fetch import Fetcher, Login, check_address, host_of
from episodes.rss_import.parse import MAX_FEED, MAX_ITEMS, parse_feed

MAX_PAGES = 200
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"


class Vault(Protocol):
    """Seals small secrets for the database."""

    def seal(self, text: str) -> str:
        """Text that only this installation can open."""

    def open(self, sealed: str) -> str:
        """The text again. Raises ValueError when the keys are not those that sealed it."""

    def fingerprint(self, text: str) -> str:
        """The same for the same text, and telling nothing of it without the keys."""


@dataclass(frozen=True, slots=True)
class Source:
    """An address with its name and password, if it asks for one."""

    url: str
    name: str = ""
    password: str = ""

    @property
    def login(self) -> Login | None:
        """For the feed's own host."""
        return Login(host_of(self.url), self.name, self.password) if self.name else None

    def sealed(self, vault: Vault) -> str:
        """For the database."""
        return vault.seal(json.dumps(asdict(self)))


def open_source(sealed: str, vault: Vault) -> Source:
    """What ``sealed`` made. Raises ImportRefused when the signing keys were lost."""
    try:
        return Source(**json.loads(vault.open(sealed)))
    except ValueError as error:
        raise ImportRefused("the address was sealed with other keys: give it again") from error


def source_from(url: str, name: str = "", password: str = "") -> Source:
    """An address as people paste it: podcast schemes, and names and passwords inside.

    Raises ImportRefused.
    """
    url = url.strip()
    for scheme in ("feed:", "itpc:", "pcast:", "podcast:"):
        if url.lower().startswith(scheme):
            rest = url[len(scheme) :]
            url = rest if rest.startswith(("http://", "https://")) else "https:" + rest
    if "://" not in url:
        url = "https://" + url
    check_address(url)
    parts = urlsplit(url)
    if parts.username and not name:
        name, password = unquote(parts.username), unquote(parts.password or "")
    place = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    return Source(bare, name, password)


@dataclass(frozen=True, slots=True)
class Reading:
    """A feed with all its pages, and what to ask with the next time."""

    feed: ForeignFeed
    etag: str = ""
    modified: str = ""


def read_source(
    source: Source, fetcher: Fetcher, *, etag: str = "", modified: str = ""
) -> Reading | None:
    """Fetch a feed and the pages behind it; None when nothing has changed.

    Raises ImportRefused, FetchFailed, Interrupted.
    """
    page = fetcher.read(source.url, limit=MAX_FEED, etag=etag, modified=modified, accept=ACCEPT)
    if page is None:
        return None
    feed = parse_feed(page.data, url=page.url, charset=page.charset)
    whole = _with_pages(feed, page.url, fetcher)
    return Reading(whole, page.etag, page.modified)


def read_document(data: bytes) -> Reading:
    """A feed given as a file. Its further pages are not followed."""
    if len(data) > MAX_FEED:
        raise ImportRefused(f"the file is larger than {MAX_FEED / 1e6:.0f} MB")
    return Reading(parse_feed(data))


def pack(data: bytes) -> bytes:
    """A feed's file for the database."""
    return zlib.compress(data, 6)


def unpack(packed: bytes) -> bytes:
    """The file again."""
    return zlib.decompress(packed)


def _with_pages(feed: ForeignFeed, url: str, fetcher: Fetcher) -> ForeignFeed:
    """The feed with the items of all its pages. A circle ends it, as does a page too many."""
    items, known = list(feed.items), {item.guid for item in feed.items}
    seen, following = {url}, feed.next_url
    while following and following not in seen and len(seen) < MAX_PAGES:
        seen.add(following)
        page = fetcher.read(following, limit=MAX_FEED, accept=ACCEPT)
        if page is None:
            break
        part = parse_feed(page.data, url=page.url, charset=page.charset)
        # Pages shift while they are read: what stood on the page before comes once.
        items += [item for item in part.items if item.guid not in known]
        known.update(item.guid for item in part.items)
        if len(items) > MAX_ITEMS:
            raise ImportRefused(f"the feed has more than {MAX_ITEMS} items")
        following = part.next_url
    return replace(feed, items=tuple(items))
