"""Two web hosts and two workers on one PostgreSQL and one S3; one of each is taken away."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser
import pytest

from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.passwords import set_password
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.invariants import World, broken_rules
from podcast_server.services import now_utc
from tests import postgresql
from tests.chaos.hosts import Host, NotPermitted, network
from tests.chaos.moments import SOUND
from tests.chaos.victims import S3, PostgreSQL, Program, killed_afterwards
from tests.running import Got, Installation, fetch, installation
from tests.seaweedfs import SHARED_BUCKET

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]
PUBLIC = "podcast.test"
PORT = 8000
PATIENCE = 30  # seconds


@dataclass
class Front:
    """What stands before the hosts: each request goes to the next one that answers."""

    addresses: list[str]
    cookies: dict[str, str] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Got:
        path = re.sub(r"^https?://[^/]+", "", url)
        for _host in self.addresses:
            address = self.addresses[next(self.turns) % len(self.addresses)]
            try:
                return self._ask(address, method, path, body, headers)
            except (OSError, http.client.HTTPException):
                continue  # a dead host is passed over
        raise AssertionError("no host answers")

    def _ask(
        self, address: str, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Got:
        sent = {"Host": PUBLIC, **{name.replace("_", "-"): text for name, text in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        connection = http.client.HTTPConnection(address, PORT, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                name, _, text = line.partition(";")[0].partition("=")
                self.cookies[name] = text
            return Got(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@dataclass
class Cluster:
    """The hosts, the desk from which commands are given, and a key for scripts."""

    front: Front
    desk: Installation
    web: list[Program]
    workers: list[Program]
    key: str = ""

    def api(self, method: str, path: str, data: bytes | None = None, **body: Any) -> Any:
        sent = data if data is not None else json.dumps(body).encode()
        got = self.front.ask(
            method, f"/api/v1/shows/harbour{path}", sent, Authorization=f"Bearer {self.key}"
        )
        assert got.status < 300, got.body
        return json.loads(got.body)

    def titles(self, feed: str) -> list[str]:
        return [entry.title for entry in feedparser.parse(self.front.ask("GET", feed).body).entries]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    try:
        with network(4) as net:
            database = PostgreSQL(listen_addresses=net.address, port="5432")
            storage = S3(tmp_path / "s3", net.address)
            try:
                with killed_afterwards(storage):
                    database.let_in(net.range)
                    database.start()
                    storage.start()
                    yield from built(tmp_path, net.address, net.hosts, storage)
            finally:
                database.remove()
    except NotPermitted as error:
        pytest.skip(f"no network namespaces here: {error}")


def built(folder: Path, address: str, hosts: tuple[Host, ...], storage: S3) -> Iterator[Cluster]:
    """A data folder for each host, with nothing shared in it but the signing keys."""
    settings = storage.server.settings(SHARED_BUCKET)
    (folder / "desk").mkdir()
    desk = installation(
        folder / "desk",
        database__url=f"postgresql+psycopg://tests@{address}/postgres",
        storage__backend="s3",
        storage__bucket=settings.bucket,
        storage__endpoint=settings.endpoint,
        storage__access_key=settings.access_key,
        storage__secret_key=settings.secret_key,
        site__public_url=f"http://{PUBLIC}",
    )
    programs = [
        Program(place_on(host, folder, desk), *words, before=host.before)
        for host, words in zip(hosts, [("serve", "--no-jobs")] * 2 + [("worker",)] * 2, strict=True)
    ]
    front = Front([host.address for host in hosts[:2]])
    with killed_afterwards(*programs):
        for program in programs:
            program.start()
        eventually(lambda: all(answers(each) for each in front.addresses), "both hosts are up")
        yield Cluster(front, desk, programs[:2], programs[2:])


def place_on(host: Host, folder: Path, desk: Installation) -> Installation:
    data = folder / host.address / "data"
    data.mkdir(parents=True)
    shutil.copy(desk.folder / "data" / "signing-keys.json", data)
    extra = {"PODCAST_SERVER_SERVER__HOST": host.address}
    return Installation(folder / host.address, PORT, desk.extra | extra)


def answers(address: str) -> bool:
    try:
        Front([address]).ask("GET", "/")
    except AssertionError:
        return False
    return True


def eventually(check: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(0.1)


def hire(cluster: Cluster) -> None:
    """The owner, with a password for pages and a key for scripts."""
    with cluster.desk.services() as services, services.sessions.begin() as session:
        owner = ensure_staff(session, "marit@example.org", now=now_utc(), owner=True)
        set_password(owner, "three harbour seals")
        cluster.key = make_key(session, owner, "night", may_write=True, now=now_utc())


def publish(cluster: Cluster, title: str) -> None:
    """Upload and publish, each request to whichever host is next."""
    draft = cluster.api("POST", "/episodes", title=title)
    path = f"/episodes/{draft['key']}"
    sent = cluster.api("PUT", f"{path}/audio?name=a.mp3", SOUND)
    eventually(
        lambda: cluster.api("GET", f"/uploads/{sent['key']}")["state"] == "used", "it is examined"
    )
    cluster.api("POST", f"{path}/publish")


def sign_in(front: Front) -> None:
    """The form from one host, sent to the other."""
    page = front.ask("GET", "/studio/sign-in").body.decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form = f"csrf_token={token[1]}&email=marit%40example.org&password=three+harbour+seals"
    kind = "application/x-www-form-urlencoded"
    assert front.ask("POST", "/studio/sign-in", form.encode(), Content_Type=kind).status in {
        302,
        303,
    }


def test_the_journey_passes_while_one_of_each_is_taken_away(cluster: Cluster) -> None:
    desk, front = cluster.desk, cluster.front
    desk.run("show", "create", "Harbour")
    hire(cluster)
    feed = desk.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    publish(cluster, "With both")
    browser = Front(front.addresses)
    sign_in(browser)
    for _host in front.addresses:
        assert browser.ask("GET", "/studio/shows/harbour").status == 200

    cluster.web[0].kill()
    cluster.workers[0].kill()
    for _turn in range(4):
        assert cluster.titles(feed) == ["With both"]
        assert browser.ask("GET", "/studio/shows/harbour").status == 200
    publish(cluster, "With one")

    cluster.web[0].start()
    cluster.workers[0].start()
    eventually(lambda: answers(front.addresses[0]), "the host is back")
    cluster.web[1].kill()
    assert cluster.titles(feed) == ["With one", "With both"]
    publish(cluster, "With the other")
    entry = feedparser.parse(front.ask("GET", feed).body).entries[0]
    led = front.ask("GET", entry.enclosures[0].href)
    assert led.status == 302
    assert fetch(led.headers["Location"]).body == SOUND
    cluster.web[1].start()
    eventually(lambda: answers(front.addresses[1]), "the other is back")

    desk.run("member", "revoke", "ada@example.org", "--show", "harbour", "--yes")
    for _host in front.addresses:
        eventually(lambda: "has ended" in cluster.titles(feed)[0], "each host knows of it")
        assert front.ask("GET", entry.enclosures[0].href).status == 403
    with desk.services() as services, services.sessions() as session:
        assert list(broken_rules(World(session, services.storage, now_utc()))) == []
