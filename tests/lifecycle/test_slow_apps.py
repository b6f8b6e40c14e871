"""What an app takes slowly is its own feed to the last byte, whoever else is answered meanwhile."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from benchmarks import crowd
from tests.running import PATIENCE, Installation, fetch, installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def ask_slowly(place: Installation, path: str) -> socket.socket:
    """A connection of tiny packets over which an answer has only just begun to arrive."""
    app = socket.socket()
    app.settimeout(PATIENCE)
    # So the kernel takes little ahead of us, and the server holds the rest.
    app.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    app.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    app.connect(("127.0.0.1", place.port))
    host = f"Host: 127.0.0.1:{place.port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n"
    app.sendall(f"GET {path} HTTP/1.1\r\n{host}\r\n".encode())
    app.recv(1, socket.MSG_PEEK)
    return app


def rest_of(app: socket.socket) -> bytes:
    """The body, after everything has arrived."""
    with app, app.makefile("rb") as stream:
        return stream.read().partition(b"\r\n\r\n")[2]


def test_a_slow_app_gets_its_own_feed_while_others_are_answered(tmp_path: Path) -> None:
    place = installation(tmp_path)
    with place.services() as services:
        slow, quick = crowd.fill(services, episodes=150, members=2).feeds
    with place.server():
        own, others = (
            [fetch(place.url + path, Accept_Encoding="gzip") for _ in range(2)][1]
            for path in (slow, quick)
        )
        # Such answers go past everything that gives requests an id.
        assert "X-Request-Id" not in own.headers
        assert own.body != others.body
        app = ask_slowly(place, slow)
        for _ in range(20):
            assert fetch(place.url + quick, Accept_Encoding="gzip").body == others.body
        assert rest_of(app) == own.body
