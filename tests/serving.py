"""A server of the standard library in a thread of the test, which ends at once.

`serve_forever` looks only now and then whether it shall end: a test would wait for that, or the
processor would be kept busy by the looking.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer


@contextmanager
def serving(server: TCPServer) -> Iterator[None]:
    """Answer requests within; the server is closed behind it."""
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            server.handle_request()

    thread = threading.Thread(target=serve, name="serving", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        # One that says nothing, so that it does not wait for the next request any more.
        host, port = server.socket.getsockname()[:2]
        socket.create_connection((host, port), timeout=10).close()
        thread.join(timeout=10)
        server.server_close()
