"""What a client says of itself reaches no server, whichever example and door it comes through."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.deploy.fronts import (
    FOR_SEVERAL,
    Front,
    connect,
    example_for_one,
    example_for_several,
    running_front,
)

pytestmark = pytest.mark.slow
CLAIMED = "198.51.100.9"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def example(kind: str, hosts: int, port: int, folder: Path) -> str:
    if hosts == 1:
        return example_for_one(kind, port, folder)
    return example_for_several(kind, [f"127.0.0.1:{port}", f"localhost:{port}"])


def what_arrives(front: Front, listener: socket.socket, door: str) -> str:
    """The head of a poll that claims to come from elsewhere, as the server sees it."""
    seen: list[str] = []

    def answer() -> None:
        while not seen:
            connection, _address = listener.accept()
            with connection:
                head = connection.recv(65536).decode()
                connection.sendall(ANSWER)
                if head.startswith("GET /f/"):  # the others are of the front's own checks
                    seen.append(head)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    plain = door == "http"
    client = socket.create_connection(("127.0.0.1", front.http)) if plain else connect(front)
    with client:
        client.sendall(
            b"GET /f/pfabc HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: chosen-by-them\r\n"
            + f"X-Forwarded-For: {CLAIMED}\r\nConnection: close\r\n\r\n".encode()
        )
        client.recv(1000)
    thread.join(20)
    return seen[0]


@pytest.mark.parametrize("door", ["http", "https"])
@pytest.mark.parametrize("hosts", [1, 2])
@pytest.mark.parametrize("kind", sorted(FOR_SEVERAL))
def test_an_address_and_an_id_that_a_client_claims_are_replaced(
    kind: str, hosts: int, door: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with running_front(kind, tmp_path, example(kind, hosts, port, tmp_path)) as front:
            head = what_arrives(front, listener, door).lower()
    assert CLAIMED not in head
    assert "x-forwarded-for: 127.0.0.1" in head
    assert "chosen-by-them" not in head
