"""An S3 server that is slow, breaks off or answers 503, and a database that takes nobody more."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from episodes.examination import waiting_uploads
from episodes.storage.base import StorageSettings, StorageUnavailable
from feeds.private_feeds import feed_url, media_token
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.services import Services, now_utc
from tests import postgresql
from tests.builders import build_episode, build_feed, build_member, build_show, give_membership
from tests.chaos.moments import SOUND
from tests.chaos.uploading import begin, complete, send, state
from tests.chaos.victims import PostgreSQL
from tests.running import PATIENCE, Installation, eventually, fetch, installation

pytest_plugins = ["tests.s3_server"]
pytestmark = pytest.mark.slow
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Line:
    """A stretch of wire before a server, for better or worse."""

    target: tuple[str, int]
    delay: float = 0.0  # seconds before each answer's first byte
    how: str = "well"  # or "cut", "busy", "hangs"
    ended: threading.Event = field(default_factory=threading.Event)
    clients: set[socket.socket] = field(default_factory=set)

    def become(self, how: str) -> None:
        """From now on; what is connected is cut off, for connections are kept and used again."""
        self.how = how
        for client in list(self.clients):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def carry(self, client: socket.socket) -> None:
        self.clients.add(client)
        with client, contextlib.suppress(OSError):
            if self.how == "cut":
                client.recv(100)
                return
            if self.how == "busy":
                client.recv(65536)
                client.sendall(BUSY)
                return
            if self.how == "hangs":
                self.ended.wait(60)
                return
            with socket.create_connection(self.target) as server:
                back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                back.start()
                self._pump(client, server, 0)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, delay: float | None = None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.ended.wait(self.delay if delay is None else delay)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def line_to(endpoint: str) -> Iterator[tuple[Line, str]]:
    """A line to a server and the address of its near end."""
    there = urlsplit(endpoint)
    line = Line((there.hostname or "", there.port or 80))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=line.carry, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield line, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            line.ended.set()
            listening.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Shaky:
    """A site whose storage is at the end of a shaky line."""

    place: Installation
    line: Line
    feed: str
    audio: str


@pytest.fixture
def shaky(tmp_path: Path, s3_settings: StorageSettings) -> Iterator[Shaky]:
    with line_to(s3_settings.endpoint) as (line, endpoint):
        place = installation(
            tmp_path,
            storage__backend="s3",
            storage__bucket=s3_settings.bucket,
            storage__endpoint=endpoint,
            storage__prefix=s3_settings.prefix,
            storage__access_key=s3_settings.access_key,
            storage__secret_key=s3_settings.secret_key,
        )
        with place.services() as services:
            feed, audio = furnish(services)
        yield Shaky(place, line, place.url + feed, place.url + audio)


def furnish(services: Services) -> tuple[str, str]:
    """A show with one episode and a member: the paths of feed and audio."""
    now = now_utc()
    with services.sessions.begin() as session:
        show = build_show(session, now, slug="harbour")
        episode = build_episode(session, services.storage, show, now, data=SOUND)
        member = build_member(session, now)
        give_membership(session, member, show, now)
        feed = build_feed(session, member, show, now, key=services.tokens.newest)
        audio = f"/m/{media_token(services.tokens, feed)}/{episode.key}.mp3"
        return feed_url(services.tokens, "", feed), audio


def test_apps_notice_nothing_while_the_storage_hangs(shaky: Shaky) -> None:
    with shaky.place.serving():
        assert fetch(shaky.audio).status == 302
        shaky.line.become("hangs")
        with ThreadPoolExecutor(16) as apps:  # more than would fit if each waited for the storage
            feeds = apps.map(lambda _n: fetch(shaky.feed).status, range(100))
            audio = apps.map(lambda _n: fetch(shaky.audio).status, range(100))
            assert set(feeds) == {200}
            assert set(audio) == {302}


@pytest.mark.parametrize("how", ["cut", "busy"])
def test_an_upload_goes_on_once_the_storage_is_itself_again(shaky: Shaky, how: str) -> None:
    with shaky.place.services() as services:
        key = begin(services)
        shaky.line.become(how)
        with pytest.raises(StorageUnavailable):
            send(services, key)
        shaky.line.how, shaky.line.delay = "well", 0.02  # slow is no fault
        send(services, key)
        complete(services, key)
        shaky.line.become(how)
        for _often in range(2):
            examine_waiting_uploads(services, now_utc())
            assert waiting_uploads(services.engine, now_utc()) == [key]
        shaky.line.become("well")
        examine_waiting_uploads(services, now_utc())
        assert state(services, key) == "ready"


@pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed")
def test_while_all_connections_are_taken_pages_say_later_and_then_work(tmp_path: Path) -> None:
    database = PostgreSQL(max_connections="14", superuser_reserved_connections="0")
    try:
        database.start()
        place = installation(tmp_path, database__url=database.url)
        with place.services() as services:
            feed, audio = furnish(services)
        with place.server("--no-jobs"):
            assert fetch(place.url + feed).status == 200
            with everything_taken(database):
                page, known = fetch(place.url + "/"), fetch(place.url + feed)
            assert (page.status, page.headers["Retry-After"]) == (503, "30")
            assert known.status in {200, 503}  # from memory, if nothing had to be asked
            eventually(lambda: fetch(place.url + "/").status == 200)
            assert fetch(place.url + feed).status == 200
            assert fetch(place.url + audio).status == 200
    finally:
        database.remove()


@contextlib.contextmanager
def everything_taken(database: PostgreSQL) -> Iterator[None]:
    """End all connections and take every place there is."""
    with contextlib.ExitStack() as taken:
        first = psycopg.connect(host=str(database.folder), user="tests", dbname="postgres")
        taken.enter_context(first)
        first.autocommit = True
        deadline = time.monotonic() + PATIENCE
        full = 0
        while full < 5 and time.monotonic() < deadline:
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name <> 'taken' AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            try:
                taken.enter_context(
                    psycopg.connect(
                        host=str(database.folder),
                        user="tests",
                        dbname="postgres",
                        application_name="taken",
                    )
                )
                full = 0
            except psycopg.OperationalError:
                full += 1
                time.sleep(0.05)
        yield
