"""Two web hosts and two workers on one PostgreSQL and one S3; one of each is taken away."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import feedparser
import pytest

from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.passwords import set_password
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.services import now_utc
from tests import postgresql
from tests.chaos.moments import SOUND
from tests.many_hosts.cluster import ManyHosts, ground
from tests.many_hosts.network import NotPermitted
from tests.many_hosts.trouble import Machine, wait_until_back
from tests.running import PATIENCE, Got, fetch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # hosts start again and again, on a busy machine beside much else
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]


@dataclass
class Cluster:
    """The desk from which commands are given, the machines, a browser and a key for scripts."""

    desk: ManyHosts
    web: list[Machine]
    workers: list[Machine]
    key: str = ""
    cookies: CookieJar = field(default_factory=CookieJar)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Got:
        """Once, with the browser's cookies, following redirects."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(self.desk.url + path, body, named, method=method)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        try:
            with opener.open(request, timeout=PATIENCE) as got:
                return Got(got.status, got.headers, got.read())
        except urllib.error.HTTPError as error:
            return Got(error.code, error.headers, error.read())

    def api(self, method: str, path: str, data: bytes | None = None, **body: Any) -> Any:
        sent = data if data is not None else json.dumps(body).encode()
        path = f"/api/v1/shows/harbour{path}"
        got = self.ask(method, path, sent, Authorization=f"Bearer {self.key}")
        assert got.status < 300, got.body
        return json.loads(got.body)

    def titles(self, feed: str) -> list[str]:
        return [entry.title for entry in feedparser.parse(fetch(feed).body).entries]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "desk").mkdir()
    try:
        with ground(tmp_path) as made:
            desk = made.installation(tmp_path / "desk")
            with desk.hosts() as pairs:
                yield Cluster(desk, [web for web, _ in pairs], [worker for _, worker in pairs])
    except NotPermitted as error:
        pytest.skip(f"no network namespaces here: {error}")


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


def sign_in(cluster: Cluster) -> None:
    """The form from one host, sent to the other."""
    page = cluster.ask("GET", "/studio/sign-in").body.decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form = f"csrf_token={token[1]}&email=marit%40example.org&password=three+harbour+seals"
    kind = "application/x-www-form-urlencoded"
    got = cluster.ask("POST", "/studio/sign-in", form.encode(), Content_Type=kind)
    assert b"three harbour seals" not in got.body
    assert got.status == 200


def studio_answers(cluster: Cluster) -> bool:
    """Whoever answers knows who we are."""
    return b"csrf_token" in cluster.ask("GET", "/studio/shows/harbour").body


def test_the_journey_passes_while_one_of_each_is_taken_away(cluster: Cluster) -> None:
    desk, (first, second) = cluster.desk, cluster.web
    desk.run("show", "create", "Harbour")
    hire(cluster)
    feed = desk.json("member", "add", "ada@example.org", "--show", "harbour")["feed"]
    publish(cluster, "With both")
    sign_in(cluster)
    assert all(studio_answers(cluster) for _turn in range(4))

    first.die()
    cluster.workers[0].die()
    for _turn in range(4):
        assert cluster.titles(feed) == ["With both"]
        assert studio_answers(cluster)
    publish(cluster, "With one")

    first.rise()
    cluster.workers[0].rise()
    wait_until_back([first])
    second.lose_power()
    assert cluster.titles(feed) == ["With one", "With both"]
    publish(cluster, "With the other")
    entry = feedparser.parse(fetch(feed).body).entries[0]
    led = fetch(entry.enclosures[0].href)
    assert led.status == 302
    assert fetch(led.headers["Location"]).body == SOUND
    second.get_power()
    wait_until_back([second])

    desk.run("member", "revoke", "ada@example.org", "--show", "harbour", "--yes")
    for _turn in range(4):
        eventually(lambda: "has ended" in cluster.titles(feed)[0], "each host knows of it")
        assert fetch(entry.enclosures[0].href).status == 403
    assert desk.broken() == []


def half_are_done(asked: Sequence[Future[Any]]) -> bool:
    return 2 * sum(each.done() for each in asked) >= len(asked)


def test_what_was_on_its_way_to_a_host_that_dies_is_asked_again_unless_it_is_a_form(
    cluster: Cluster,
) -> None:
    """The front says 502 of a form, and whoever sent it decides: it may have been done."""
    cluster.desk.run("show", "create", "Harbour")
    hire(cluster)
    cluster.web[0].program.freeze()

    def create(number: int) -> int:
        body = json.dumps({"title": f"Draft {number}"}).encode()
        bearer = f"Bearer {cluster.key}"
        return cluster.ask(
            "POST", "/api/v1/shows/harbour/episodes", body, Authorization=bearer
        ).status

    with ThreadPoolExecutor(8) as pool:
        # The front gives to each host in turn, and one of them answers.
        forms = [pool.submit(create, number) for number in range(4)]
        eventually(lambda: half_are_done(forms), "two forms are done, and two on their way")
        pages = [pool.submit(cluster.ask, "GET", "/shows/harbour") for _ in range(4)]
        eventually(lambda: half_are_done(pages), "two pages are there, and two on their way")
        cluster.web[0].die()
        statuses = [form.result() for form in forms]
        assert {page.result().status for page in pages} == {200}
    assert set(statuses) == {201, 502}
    made = cluster.desk.json("episode", "list", "--show", "harbour")
    assert len(made) == statuses.count(201)
