"""What is on its way in: audio, shows and members of other hosts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from episodes.models import Show, Upload
from episodes.rss_import.imports import begin_import as begin_show_import
from episodes.rss_import.models import FeedImportItem
from episodes.rss_import.source import Source
from episodes.uploads import begin_upload, complete_upload, put_part
from podcast_server.demo.sample import OWNER, SLUG
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.jobs.imports import work_on_imports
from podcast_server.moving.members.imports import begin_import
from podcast_server.moving.members.targets import Choices
from podcast_server.services import Services
from tests.podcast_server.moving.members.conftest import sample
from tests.podcast_server.routes.values import World
from tests.samples.feeds.hosts import buzzsprout


def arrivals(services: Services, world: World, now: dt.datetime) -> None:
    """An upload that stands half-way, and one that was sent whole."""
    sound = b"ID3" + bytes(3000)
    keys = []
    for name in ("half.mp3", "whole.mp3"):
        with services.sessions.begin() as session:
            show = session.scalars(select(Show).where(Show.slug == SLUG)).one()
            begun = begin_upload(
                session,
                services.storage,
                show_id=show.id,
                file_name=name,
                size=len(sound),
                fingerprint=name,
                max_bytes=10**9,
                now=now,
            )
            keys.append(begun.key)
    with services.sessions.begin() as session:
        upload = session.scalars(select(Upload).where(Upload.key == keys[1])).one()
        put_part(upload, services.storage, 1, _Once(sound))
        complete_upload(session, services.storage, upload, now)
    world.add("upload", *keys)


class _Once:
    """Bytes to be read."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def read(self, size: int = -1, /) -> bytes:
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def bring_over(services: Services, world: World, now: dt.datetime) -> None:
    """Shows of other hosts in three states; tables of members, one of them brought over."""
    vault = open_desk(services).vault
    xml = buzzsprout("https://host.invalid").xml.encode()
    for state in ("looked", "paused", "done", "looking"):
        with services.sessions.begin() as session:
            # Nobody answers there, and it is refused before anybody is asked.
            source = Source("http://127.0.0.1:9/feed.xml") if state == "done" else None
            document = None if source else xml
            begun = begin_show_import(
                session, source=source, document=document, vault=vault, now=now
            )
            begun.state, begun.title = state, "Elsewhere"
            begun.show_id = 1 if state == "done" else None
            begun.looked_at = None if state == "looking" else now
            item = {"guid": "g", "title": "Was elsewhere", "published": now, "size": 9}
            session.add(FeedImportItem(import_id=begun.id, position=0, state="new", **item))
            world.add("import", begun.key)
    choices = Choices(default="show:harbour", tiers={"Patron of the Harbour": "skip"}, adopt=False)
    for draft in (True, False):
        with services.sessions.begin() as session:
            table = begin_import(
                session,
                sample("patreon") + b"" if draft else b"email\nmoved@example.org\n",
                choices,
                file_name="Members.csv",
                by=OWNER,
                now=now,
                show_id=1,
                draft=draft,
            )
            world.add("table", table.id)
    work_on_imports(services, now)
