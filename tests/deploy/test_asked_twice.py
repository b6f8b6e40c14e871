"""Of what a host did not answer, a front before several asks another for pages, and never for forms."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.fronts import FOR_SEVERAL, Front, connect, example_for_several, running_front

pytestmark = pytest.mark.slow
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Hosts:
    """Two hosts, of which the first that is asked for anything hangs up."""

    def __init__(self, path: str) -> None:
        self.asked: list[str] = []  # which host, each time
        self._path = path

    def serve(self, name: str, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:  # the test is over
                return
            with connection:
                head = connection.recv(65536).decode()
                if f" {self._path} " in head.partition("\r\n")[0]:
                    self.asked.append(name)
                    if len(self.asked) == 1:
                        continue
                connection.sendall(ANSWER)


@contextmanager
def hosts(path: str) -> Iterator[tuple[Hosts, list[str]]]:
    """The hosts, and their addresses."""
    made = Hosts(path)
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("127.0.0.1", 0)) as second,
    ):
        both = {"first": first, "second": second}
        for name, listener in both.items():
            threading.Thread(target=made.serve, args=(name, listener), daemon=True).start()
        yield made, [f"127.0.0.1:{each.getsockname()[1]}" for each in both.values()]
        for listener in both.values():
            listener.shutdown(socket.SHUT_RDWR)


def ask(front: Front, method: str, path: str) -> int:
    connection = http.client.HTTPConnection("localhost", front.https)
    connection.sock = connect(front)
    connection.request(method, path, b"a=b" if method == "POST" else None)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("path", ["/f/pfabc", "/shows/harbour"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", sorted(FOR_SEVERAL))
def test_what_may_be_asked_twice_is_asked_of_the_other(
    kind: str, method: str, path: str, tmp_path: Path
) -> None:
    with (
        hosts(path) as (made, addresses),
        running_front(kind, tmp_path, example_for_several(kind, addresses)) as front,
    ):
        assert ask(front, method, path) == 200
    assert sorted(made.asked) == ["first", "second"]


@pytest.mark.parametrize("kind", sorted(FOR_SEVERAL))
def test_a_form_is_not_sent_again(kind: str, tmp_path: Path) -> None:
    path = "/join/abc"
    with (
        hosts(path) as (made, addresses),
        running_front(kind, tmp_path, example_for_several(kind, addresses)) as front,
    ):
        assert ask(front, "POST", path) == 502
    assert len(made.asked) == 1
