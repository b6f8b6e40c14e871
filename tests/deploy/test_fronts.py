"""The example fronts, run as they are but for names and ports, and driven through."""

from __future__ import annotations

import http.client
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.fronts import (
    Front,
    connect,
    example_for_one,
    example_for_several,
    running_front,
)
from tests.installed import SOUND, Filled, fill
from tests.running import PATIENCE, fetch, free_port

pytestmark = pytest.mark.slow
KINDS = ("nginx", "caddy")
GUESSES = 8  # that are answered in each minute of the clock
OF_THE_FRONT = bytes(reversed(SOUND))


@dataclass(frozen=True)
class Driven:
    """A front before a real server."""

    front: Front
    filled: Filled

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("localhost", self.front.https, timeout=PATIENCE)
        connection.sock = connect(self.front)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill(tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="module", params=KINDS)
def driven(
    request: pytest.FixtureRequest, filled: Filled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driven]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    place = filled.copy(
        folder,
        server__trusted_proxies="1",
        server__accel_prefix="/internal-audio",
        site__public_url="https://localhost",
        feeds__guesses_per_minute=str(GUESSES),
    )
    example = example_for_one(request.param, place.port, another_copy(folder))
    with place.serving(), running_front(request.param, folder / "front", example) as front:
        yield Driven(front, filled)


def another_copy(folder: Path) -> Path:
    """The stored files as the front finds them, by which one can tell who sent them."""
    copy = folder / "copy"
    shutil.copytree(folder / "data" / "storage", copy)
    for path in copy.rglob("*.mp3"):
        assert path.read_bytes() == SOUND
        path.chmod(0o600)
        path.write_bytes(OF_THE_FRONT)
    return copy


def test_http_leads_to_https_with_the_whole_private_address(driven: Driven) -> None:
    path = f"{driven.filled.feed}?x=1"
    for asked, status in ((path, 301), ("/shows/harbour", 308)):
        got = fetch(f"http://127.0.0.1:{driven.front.http}{asked}", Host="localhost")
        assert got.status == status
        assert got.headers["Location"].endswith(asked)
        assert got.headers["Location"].startswith("https://localhost")


def test_a_private_feed_comes_through_with_its_validator(driven: Driven) -> None:
    status, headers, body = driven.ask(driven.filled.feed)
    assert status == 200
    assert b"<rss" in body
    assert b"https://localhost/m/" in body
    assert driven.ask(driven.filled.feed, If_None_Match=headers["etag"])[0] == 304


def test_local_audio_is_sent_by_the_front_whole_and_in_ranges(driven: Driven) -> None:
    path = driven.filled.audio[0]
    status, headers, body = driven.ask(path)
    assert (status, body) == (200, OF_THE_FRONT)
    assert headers["content-type"] == "audio/mpeg"
    assert "x-accel-redirect" not in headers
    status, headers, body = driven.ask(path, Range="bytes=1000-1999")
    assert (status, body) == (206, OF_THE_FRONT[1000:2000])


def test_the_folder_behind_the_hand_over_is_closed_from_outside(driven: Driven) -> None:
    for path in ("/internal-audio/", "/internal-audio/../podcast.sqlite3", "/internal-audio/audio"):
        assert driven.ask(path)[0] in {400, 404}


def test_an_address_that_a_client_claims_is_not_believed(driven: Driven) -> None:
    status, _headers, _body = driven.ask("/metrics", X_Forwarded_For="127.0.0.1")
    assert status == 404


def test_an_id_that_a_client_chooses_is_in_no_log(driven: Driven) -> None:
    chosen = "chosen-by-the-client"
    _status, headers, _body = driven.ask("/", X_Request_ID=chosen)
    assert headers["x-request-id"] not in {"", chosen}
    plain = f"http://127.0.0.1:{driven.front.http}{driven.filled.feed}"
    got = fetch(plain, Host="localhost", X_Request_ID=chosen)
    assert got.headers["X-Request-ID"] not in {"", chosen}


def test_who_guesses_is_slowed_down_whatever_address_they_claim(driven: Driven) -> None:
    said = [
        driven.ask(f"/f/guess{number}", X_Forwarded_For=f"198.51.100.{number}")[0]
        for number in range(10 * GUESSES)  # whatever minute it is that ends meanwhile
    ]
    assert 429 in said


@pytest.mark.parametrize("kind", KINDS)
def test_of_several_hosts_one_that_is_dead_is_passed_over(
    kind: str, filled: Filled, tmp_path: Path
) -> None:
    hosts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hosts.append(filled.copy(tmp_path / name, site__public_url="https://localhost"))
    addresses = [f"127.0.0.1:{host.port}" for host in hosts]
    with (
        hosts[0].server("--no-jobs") as first,
        hosts[1].server("--no-jobs"),
        running_front(kind, tmp_path / "front", example_for_several(kind, addresses)) as front,
    ):
        driven = Driven(front, filled)
        assert {driven.ask(filled.feed)[0] for _ in range(6)} == {200}
        first.kill()
        wait_until_silent(hosts[0].port)
        assert {driven.ask(filled.feed)[0] for _ in range(20)} == {200}
        assert driven.ask("/sign-in", method="POST")[0] == 400  # a form without its token


def wait_until_silent(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.05)
    raise AssertionError("it is still there")


# Caddy before several hosts is left out: it asks each host how it is before it sends it anything.
@pytest.mark.parametrize(("kind", "several"), [("nginx", False), ("nginx", True), ("caddy", False)])
def test_an_upload_reaches_the_server_while_it_is_still_being_sent(
    kind: str, several: bool, tmp_path: Path
) -> None:
    port, seen, enough = free_port(), bytearray(), threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:

        def receive() -> None:
            while not enough.is_set():
                connection, _address = listener.accept()
                with connection:
                    while data := connection.recv(65536):
                        seen.extend(data)
                        if len(seen) > 200_000:
                            enough.set()
                            return

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        if several:
            example = example_for_several(kind, [f"127.0.0.1:{port}"] * 2)
        else:
            example = example_for_one(kind, port, tmp_path)
        with running_front(kind, tmp_path, example) as front, connect(front) as client:
            client.sendall(
                b"PUT /studio/part HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"
            )
            client.sendall(b"x" * 300_000)  # and no more: the rest of the part is still on its way
            assert enough.wait(PATIENCE)
            thread.join(PATIENCE)
