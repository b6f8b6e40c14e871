"""The example fronts before two web hosts on one PostgreSQL and one S3, while a host is away."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import postgresql
from tests.deploy.fronts import Front, connect, example_for_several, running_front
from tests.installed import furnish
from tests.many_hosts.cluster import Ground, ground
from tests.many_hosts.network import NotPermitted
from tests.many_hosts.trouble import WAYS, Machine, wait_until_back

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]
KINDS = ("nginx", "caddy")
AWAY_SECONDS = 4.0
PATIENCE = 20.0  # seconds an app waits for an answer: a front has given a dead host up by then


@dataclass
class Apps:
    """Apps that poll through a front without a pause, and what each poll came to."""

    front: Front
    ended: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[str, int | str]] = field(default_factory=list)

    def poll(self, path: str) -> None:
        while not self.ended.wait(0.02):
            try:
                self.answers.append((path, self._ask(path)))
            except OSError as error:
                self.answers.append((path, repr(error)))

    def _ask(self, path: str) -> int:
        connection = http.client.HTTPConnection("localhost", self.front.https)
        connection.sock = connect(self.front)
        connection.sock.settimeout(PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def failures(self) -> list[tuple[str, int | str]]:
        return [each for each in self.answers if each[1] not in {200, 302}]


@contextmanager
def polling(front: Front, paths: list[str]) -> Iterator[Apps]:
    """One app for each path while the block runs."""
    apps = Apps(front)
    threads = [threading.Thread(target=apps.poll, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    try:
        yield apps
    finally:
        apps.ended.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(ground(tmp_path_factory.mktemp("ground")))
        except NotPermitted as error:
            pytest.skip(f"no network namespaces here: {error}")


@dataclass
class Driven:
    """A front, the hosts behind it, and what apps ask for."""

    front: Front
    hosts: list[Machine]
    paths: list[str]


@pytest.fixture(params=KINDS)
def driven(request: pytest.FixtureRequest, made: Ground, tmp_path: Path) -> Iterator[Driven]:
    (tmp_path / "desk").mkdir()
    desk = made.installation(
        tmp_path / "desk",
        site__public_url="https://localhost",
        limits__feed_per_minute="1000000",  # these apps ask without a pause
    )
    filled = furnish(desk)
    paths = [filled.feed, filled.feed, filled.audio[0]]
    with desk.pairs() as pairs:
        hosts = [web for web, _worker in pairs]
        example = example_for_several(
            request.param, [f"{each.host.address}:8000" for each in hosts]
        )
        with running_front(request.param, tmp_path / "front", example) as front:
            yield Driven(front, hosts, paths)


def test_no_poll_fails_while_hosts_are_killed_unplugged_or_without_power(driven: Driven) -> None:
    with polling(driven.front, driven.paths) as apps:
        for host, (take, bring) in zip(itertools.cycle(driven.hosts), WAYS, strict=False):
            time.sleep(1)
            take(host)
            time.sleep(AWAY_SECONDS)
            bring(host)
            wait_until_back([host])
            time.sleep(4)  # until the front sends requests to it again
    assert len(apps.answers) > 100
    assert apps.failures() == []


def test_feeds_audio_and_pages_are_answered_while_the_bucket_is_away(
    driven: Driven, made: Ground
) -> None:
    made.storage.kill()
    try:
        with polling(driven.front, [*driven.paths, "/shows/harbour"]) as apps:
            time.sleep(10)
    finally:
        made.storage.start()
    assert len(apps.answers) > 20
    assert apps.failures() == []
