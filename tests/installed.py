"""An installation with a show, two episodes and a member, made once and copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from feeds.private_feeds import feed_url, media_token
from podcast_server.services import Services, now_utc
from tests.builders import build_episode, build_feed, build_member, build_show, give_membership
from tests.running import Installation, free_port, installation

SOUND = bytes(range(256)) * 1000
TOKEN = r"p[fm][a-z2-7]{16}[0-9a-f]{32}"


@dataclass(frozen=True)
class Filled:
    """Where things are on the server; paths, since each copy has a port of its own."""

    folder: Path
    feed: str
    audio: tuple[str, str]
    media: str

    def copy(self, folder: Path, **extra: str) -> Installation:
        """A fresh copy of the installation in ``folder``."""
        shutil.copytree(self.folder / "data", folder / "data")
        return Installation(
            folder, free_port(), {f"PODCAST_SERVER_{k.upper()}": v for k, v in extra.items()}
        )


def fill(folder: Path) -> Filled:
    """Make the installation that is copied."""
    return furnish(installation(folder))


def furnish(place: Installation) -> Filled:
    """The same in an installation that is there and empty."""
    with place.services() as services:
        return _fill(services, place.folder)


def _fill(services: Services, folder: Path) -> Filled:
    now = now_utc()
    with services.sessions.begin() as session:
        show = build_show(session, now, title="Harbour", slug="harbour")
        episodes = [build_episode(session, services.storage, show, now, data=SOUND) for _ in "ab"]
        member = build_member(session, now, "ada@example.org")
        give_membership(session, member, show, now)
        feed = build_feed(session, member, show, now, key=services.tokens.newest)
        media = f"/m/{media_token(services.tokens, feed)}"
        first, second = (f"{media}/{episode.key}.mp3" for episode in episodes)
        return Filled(folder, feed_url(services.tokens, "", feed), (first, second), media)
