"""A listener's app does not notice that the whole server was moved by an archive."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from episodes.models import Episode
from episodes.publishing import publish_episode
from podcast_server.app import create_app
from podcast_server.backup.seal import plainly
from podcast_server.demo.sample import fill_with_samples
from podcast_server.moving.archive.bring import import_archive
from podcast_server.moving.archive.export import Export, Wanted, write_file
from podcast_server.services import now_utc, open_lane
from tests.clients.apps import Newsboat
from tests.clients.conftest import FREE, MEMBERS, Listener
from tests.conftest import Notes
from tests.running import Installation, installation

pytestmark = pytest.mark.slow


def entries(home: Path) -> list[str]:
    """The guid of every entry that newsboat lists, also those listed twice."""
    with closing(sqlite3.connect(home / "cache.db")) as cache:
        return [guid for (guid,) in cache.execute("SELECT guid FROM rss_item ORDER BY guid")]


@contextmanager
def serving(place: Installation) -> Iterator[None]:
    """The application at its address, in a thread of this process."""
    with place.services() as services:
        lane = open_lane(services, Notes())
        server = make_server("127.0.0.1", place.port, create_app(services, lane), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            lane._lookup.close()


def publish_the_next(place: Installation) -> None:
    with place.services() as services, services.sessions.begin() as session:
        episode = session.scalars(select(Episode).where(Episode.publish_at > now_utc())).one()
        publish_episode(session, episode, at=now_utc() - timedelta(seconds=1), now=now_utc())


def test_after_the_move_an_app_sees_nothing_twice_and_misses_nothing(tmp_path: Path) -> None:
    home, archive = tmp_path / "listener", tmp_path / "all.tar"
    home.mkdir()
    app = Newsboat(home)
    old = installation(tmp_path / "old")
    with old.services() as services:
        fill_with_samples(services, now_utc())
        app.subscribe(Listener(services, "ada@example.org").join())
    with serving(old):
        assert app.refresh() == ""
    before, files = entries(home), sorted(home.rglob("*.mp3"))
    assert app.audio() == FREE | MEMBERS

    with old.services() as services:
        write_file(Export(services, Wanted(keys=True, hits=True), now_utc()), archive, plainly)
    # Another machine behind the same address.
    new = replace(installation(tmp_path / "new"), port=old.port)
    with new.services() as services:
        import_archive(services, archive, progress=lambda _: None)
    with serving(new):
        assert app.refresh() == ""
        assert entries(home) == before
        assert sorted(home.rglob("*.mp3")) == files
        publish_the_next(new)
        assert app.reload() == ""
    assert len(entries(home)) == len(before) + 1
