"""What every poll must show, compared with the oracle."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from feeds.delivery.facts import Answer
from tests.conftest import body_of, header
from tests.feeds.delivery.again import ask
from tests.feeds.model import oracle
from tests.feeds.model.world import World

TOKEN = re.compile(rb"p[fm][a-z2-7]{16}[0-9a-f]{32}", re.IGNORECASE)
FEED, MEDIA = b"THE-FEED-TOKEN", b"THE-MEDIA-TOKEN"

Item = tuple[str, str, str, int]  # guid, title, enclosure address, its length


@dataclass
class Poller:
    """Polls every feed like an app: with the ETag it has, and remembering what it saw."""

    world: World
    seen: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    read: dict[bytes, list[Item]] = field(default_factory=dict)
    turn: int = 0

    def ask(self, path: str, **headers: str) -> Answer:
        """Ask the lanes in turn, as requests fall on worker processes."""
        self.turn += 1
        lane = self.world.lanes[self.turn % len(self.world.lanes)]
        answer = ask(lane, path, **headers)
        assert answer is not None
        return answer

    def check_everything(self) -> None:
        """Poll every feed of every member, and the public feed."""
        for member in self.world.members:
            for feed in member.feeds:
                self.check_feed(member, feed)
        self.check_public_feed()

    def check_feed(self, member: oracle.Member, feed: oracle.Feed) -> None:
        """Both codings of one feed show exactly what the oracle says, and no other's token."""
        world = self.world
        path = f"/f/{feed.token}"
        if feed.gone(world.now):
            assert self.ask(path).status == 410
            return
        plain, packed = self.poll(path, ""), self.poll(path, "gzip")
        assert gzip.decompress(packed) == plain
        assert set(TOKEN.findall(plain)) <= {feed.token.encode(), feed.media.encode()}
        assert self.items(plain, feed) == self.expected(member, feed, world.now)

    def poll(self, path: str, coding: str) -> bytes:
        """What an app holds after polling: the new body, or for a 304 the one it had."""
        etag, held = self.seen.get((path, coding), ("", b""))
        answer = self.ask(path, accept_encoding=coding, if_none_match=etag)
        if answer.status == 304:
            assert header(answer, "ETag") == etag
            return held
        assert answer.status == 200
        assert header(answer, "Content-Encoding") == coding
        body = body_of(answer)
        assert header(answer, "Content-Length") == str(len(body))
        # A change of one byte must change the ETag, and a new ETag must mean a change.
        assert (header(answer, "ETag") == etag) == (body == held)
        self.seen[path, coding] = (header(answer, "ETag"), body)
        return body

    def items(self, body: bytes, feed: oracle.Feed | None) -> list[Item]:
        """The items of a document; what differs only in tokens is read once."""
        if feed is not None:
            body = body.replace(feed.token.encode(), FEED).replace(feed.media.encode(), MEDIA)
        if body not in self.read:
            self.read[body] = [_item(each) for each in etree.fromstring(body).iter("item")]
        return self.read[body]

    def expected(self, member: oracle.Member, feed: oracle.Feed, now: datetime) -> list[Item]:
        """The items the oracle wants in a feed."""
        episodes = oracle.feed_items(self.world.show, member, feed, now)
        items = [_expected_item(each, f"/m/{MEDIA.decode()}") for each in episodes]
        notice = oracle.notice_for(self.world.show, member, feed, now)
        if notice:
            clip = self.world.show.clips.get(notice)
            sound = ("", 0) if clip is None else (f"/m/{MEDIA.decode()}/{clip.key}.mp3", clip.size)
            items.insert(0, (f"{self.world.private_guid}:notice:{notice}", "", *sound))
        return items

    def check_public_feed(self) -> None:
        """Public episodes with audio; the others as teasers without, or not at all."""
        show, now = self.world.show, self.world.now
        body = self.poll(f"/shows/{show.slug}/feed.xml", "")
        assert not TOKEN.search(body)
        expected: list[Item] = []
        for episode in show.released(now):
            if show.everybody_hears(episode, now):
                expected.append(_expected_item(episode, "/listen"))
            elif show.public_feed == "teaser":
                expected.append((episode.guid, episode.title, "", 0))
        assert self.items(body, None) == expected

    def check_media(self, member: oracle.Member, feed: oracle.Feed) -> None:
        """Audio is answered as the feed promises, for episodes in it and not in it."""
        world = self.world
        for episode in world.show.episodes:
            answer = self.ask(f"/m/{feed.media}/{episode.key}.mp3")
            wanted = oracle.media_status(world.show, member, feed, episode, world.now)
            assert answer.status == wanted
            if wanted == 200:
                assert len(body_of(answer)) == episode.size
            public = self.ask(f"/listen/{episode.key}.mp3")
            out = episode.out(world.now)
            heard = world.show.everybody_hears(episode, world.now)
            assert public.status == (404 if not out else 200 if heard else 403)
            body_of(public)
        self.check_clips(member, feed)

    def check_clips(self, member: oracle.Member, feed: oracle.Feed) -> None:
        """Announcements play exactly where their notice stands, and never in public."""
        world = self.world
        for notice, clip in world.show.clips.items():
            answer = self.ask(f"/m/{feed.media}/{clip.key}.mp3")
            wanted = oracle.clip_status(world.show, member, feed, notice, world.now)
            assert answer.status == wanted
            if wanted == 200:
                assert len(body_of(answer)) == clip.size
            assert self.ask(f"/listen/{clip.key}.mp3").status == 404


def _item(item: etree._Element) -> Item:
    guid = item.findtext("guid") or ""
    enclosure = item.find("enclosure")
    # A notice's words are told by its guid.
    title = "" if ":notice:" in guid else (item.findtext("title") or "")
    if enclosure is None:
        return guid, title, "", 0
    address = enclosure.attrib["url"].removeprefix("http://podcast.test")
    return guid, title, address, int(enclosure.attrib["length"])


def _expected_item(episode: oracle.Episode, folder: str) -> Item:
    return episode.guid, episode.title, f"{folder}/{episode.key}.mp3", episode.size
