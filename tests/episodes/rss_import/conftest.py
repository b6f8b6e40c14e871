"""A host to move away from, and the desk at which that is done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Episode, Show
from episodes.rss_import.desk import Desk
from episodes.rss_import.imports import begin_import, find_import, items_of, start_copying
from episodes.rss_import.models import FeedImport, FeedImportItem
from episodes.rss_import.run import copy, look_at
from episodes.rss_import.source import source_from
from episodes.storage.base import Storage
from podcast_server.database import session_factory
from tests.foreign_host import ForeignHost, foreign_host
from tests.samples.audio import record
from tests.samples.feeds.hosts import Sample


class OpenVault:
    """Turns texts around, so that a test can tell sealed ones."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, sealed: str) -> str:
        return sealed[::-1]

    def fingerprint(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


class Deaf:
    """Hears nothing."""

    def arrived(self, guid: str, there: int) -> None: ...

    def settled(self, title: str, state: str, reason: str) -> None: ...


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Three files of sound, each another."""
    folder = tmp_path_factory.mktemp("recordings")
    files = [record(folder / f"{n}.mp3", seconds=2.0 + n, bitrate=128_000) for n in range(3)]
    return [file.read_bytes() for file in files]


@pytest.fixture(scope="session")
def cover() -> bytes:
    """Artwork as Apple wants it."""
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (1400, 1400), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def host() -> Iterator[ForeignHost]:
    """The host that the show leaves."""
    with foreign_host() as running:
        yield running


@dataclass
class Moving:
    """One show on its way; a test's hands."""

    desk: Desk
    host: ForeignHost
    recordings: list[bytes]
    cover: bytes
    key: str = ""
    fields: dict[str, Any] = field(default_factory=lambda: {"audience": "members"})

    def serve(self, sample: Sample) -> str:
        """Put a sample feed and its files on the host; the feed's address."""
        for path, data in zip(sample.audio, self.recordings, strict=True):
            self.host.put(path, data, "audio/mpeg")
        self.host.put("/cover.jpg", self.cover, "image/jpeg")
        for path, (mime, text) in sample.others.items():
            self.host.put(path, text, mime)
        for path, text in sample.pages.items():
            self.host.put(path, text, sample.mime)
        self.host.manners.login = sample.login
        return self.host.put(sample.path, sample.xml.encode(sample.encoding), sample.mime)

    def look(self, url: str, show: Show | None = None) -> FeedImport:
        """The dry run."""
        name, _, password = self.host.manners.login.partition(":")
        with self.desk.sessions.begin() as session:
            begun = begin_import(
                session,
                source=source_from(url, name, password),
                vault=self.desk.vault,
                now=self.desk.clock(),
                show=show,
            )
            self.key = begun.key
        look_at(self.desk, self.key)
        return self.standing()

    def start(self, *, mirror: bool = False) -> None:
        """The podcaster says yes."""
        with self.desk.sessions.begin() as session:
            found = find_import(session, self.key)
            start_copying(session, found, self.fields, self.desk.clock(), mirror=mirror)

    def copy(self) -> FeedImport:
        """Copy until it is done, or stops."""
        copy(self.desk, self.key, Deaf())
        return self.standing()

    def move(self, url: str) -> FeedImport:
        """All of it."""
        self.look(url)
        self.start()
        return self.copy()

    def standing(self) -> FeedImport:
        """The import as it stands."""
        with self.desk.sessions() as session:
            return find_import(session, self.key)

    def items(self) -> list[FeedImportItem]:
        """Its items."""
        with self.desk.sessions() as session:
            return items_of(session, find_import(session, self.key))

    def episodes(self) -> list[Episode]:
        """What is here now, newest first."""
        with self.desk.sessions() as session:
            query = select(Episode).order_by(Episode.publish_at.desc(), Episode.id)
            found = list(session.scalars(query))
            for each in found:
                _ = each.audio, list(each.transcripts)
            return found

    def show(self) -> Show:
        """The show they belong to."""
        with self.desk.sessions() as session:
            return session.scalars(select(Show)).one()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """As the server opens them."""
    return session_factory(engine)


@pytest.fixture
def moving(
    sessions: sessionmaker[Session],
    storage: Storage,
    now: datetime,
    tmp_path: Path,
    host: ForeignHost,
    recordings: list[bytes],
    cover: bytes,
) -> Moving:
    """A server that may fetch from this machine."""
    desk = Desk(
        sessions=sessions,
        storage=storage,
        vault=OpenVault(),
        folder=tmp_path / "imports",
        public_url="https://pod.example",
        clock=lambda: now,
        allow_loopback=True,
        sleep=lambda _seconds: None,
    )
    return Moving(desk, host, recordings, cover)
