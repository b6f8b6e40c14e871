"""The apps of all members: what each has seen, and whether an answer was right."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from benchmarks import crowd
from benchmarks.apps import Heard, Visit
from benchmarks.payers import Payer
from benchmarks.witness import CLOSED, OPEN, WARNED, Past, Right, Show, Wrong

APPS = (
    "AppleCoreMedia/1.0.0.22A3354 (iPhone; U; CPU OS 18_0 like Mac OS X; en_us)",
    "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)",
    "AntennaPod/3.5.0",
    "Podcasts/4023.530.2 CFNetwork/1568.100.1 Darwin/24.0.0",
)
POLLS = 4  # of each app
POLLS_OF_PAYERS = 20  # whose feeds change
POLL, DOWNLOAD = "feed polls", "enclosures"
GIVEN = {200, 302}  # from here, or from the bucket
_WARNING = b"did not go through"


@dataclass(slots=True)
class App:
    """One member's app: where it looks, and what it may find there."""

    feed: Callable[[], str]
    media: Callable[[], str]
    rights: Past[Right]
    agent: str
    tag: str = ""


@dataclass
class Apps:
    """All of them, and the judge of what they are answered."""

    show: Show
    wrong: Wrong = field(default_factory=Wrong)
    full: int = 0
    same: int = 0
    given: int = 0
    refused: int = 0
    _editions: dict[str, tuple[int, bool]] = field(default_factory=dict)  # by tag

    def visits(
        self, people: crowd.Crowd, payers: list[Payer], seconds: float, random: Random
    ) -> list[Visit]:
        """Every app's polls, at times of its own, and a download after one of them."""
        always: Past[Right] = Past()
        always.begin(OPEN, 0.0)
        tokens = [each.split("/")[2] for each in people.audio]
        made = []
        for number, (feed, token) in enumerate(zip(people.feeds, tokens, strict=True)):
            app = App(partial(str, feed), partial(str, token), always, APPS[number % len(APPS)])
            made += self._of(app, POLLS, 1, seconds, random)
        for app in map(_app_of, payers):
            made += self._of(app, POLLS_OF_PAYERS, 4, seconds, random)
        return made

    def once_more(self, payers: list[Payer]) -> list[Visit]:
        """A last look of everybody who paid, when nothing happens any more."""
        return [visit for app in map(_app_of, payers) for visit in self._look(app, 0.0)]

    def _of(
        self, app: App, polls: int, downloads: int, seconds: float, random: Random
    ) -> list[Visit]:
        dues = sorted(random.uniform(0, seconds) for _ in range(polls))
        first = polls - downloads
        return [
            visit
            for number, due in enumerate(dues)
            for visit in self._look(app, due)[: 2 if number >= first else 1]
        ]

    def _look(self, app: App, due: float) -> list[Visit]:
        return [
            Visit(POLL, due, partial(self._poll, app), partial(self._read, app)),
            Visit(DOWNLOAD, due + 0.05, partial(self._fetch, app), partial(self._take, app)),
        ]

    def _poll(self, app: App) -> bytes:
        return _request(app, app.feed(), f"If-None-Match: {app.tag}\r\n" if app.tag else "")

    def _read(self, app: App, heard: Heard) -> None:
        if heard.status == 200:
            self.full += 1
            app.tag = heard.etag
            if heard.etag not in self._editions:
                text = zlib.decompress(heard.body, 31)
                self._editions[heard.etag] = text.count(b"<item>"), _WARNING in text
        elif heard.status == 304:
            self.same += 1
        else:
            self.wrong.note(f"a feed was answered {heard.status}")
            return
        rights = app.rights.seen(heard.sent, heard.received)
        episodes = self.show.episodes.seen(heard.sent, heard.received)
        if not any(self._editions[app.tag] in _may_be(right, episodes) for right in rights):
            items, warned = self._editions[app.tag]
            self.wrong.note(f"{items} items, warned: {warned}, for {rights} of {episodes}")

    def _fetch(self, app: App) -> bytes:
        token = app.media()
        return _request(app, f"/m/{token}/{self.show.newest.values[-1]}.mp3" if token else "")

    def _take(self, app: App, heard: Heard) -> None:
        rights = app.rights.seen(heard.sent, heard.received)
        self.given += heard.status in GIVEN
        self.refused += heard.status == 403
        may = heard.status in GIVEN and rights & {OPEN, WARNED}
        may_not = heard.status == 403 and CLOSED in rights
        if not may and not may_not:
            self.wrong.note(f"audio was answered {heard.status} for {rights}")


def _app_of(payer: Payer) -> App:
    feed, media = lambda: payer.feed, lambda: payer.media
    return App(feed, media, payer.rights, APPS[hash(payer.email) % len(APPS)])


def _may_be(right: Right, episodes: set[int]) -> set[tuple[int, bool]]:
    """How many items, and whether it warns. A feed that is closed holds one item, which says so."""
    if right == CLOSED:
        return {(1, False)}
    return {(count + (right == WARNED), right == WARNED) for count in episodes}


def _request(app: App, path: str, headers: str = "") -> bytes:
    """Nothing where there is no path yet."""
    if not path:
        return b""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {app.agent}\r\n"
        f"Accept-Encoding: gzip\r\n{headers}\r\n"
    ).encode()
