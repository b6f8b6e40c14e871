"""Polls through the front while others waste its connections: ``python -m benchmarks.patience``.

nginx and Caddy as the examples in ``deploy/`` set them up. Thousands of connections say nothing at
all, hundreds send a request drop by drop (slow-loris), and a few honest apps poll.
"""

from __future__ import annotations

import contextlib
import http.client
import selectors
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.apps import Outcome
from benchmarks.servers import Place, places
from tests.deploy.fronts import Front, connect, example_for_one, running_front

APPS, POLLS = 8, 60  # apps at the same time, polls of each
HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


def main() -> int:
    """Print a table for each front; 1 if a poll failed."""
    scale, failed = scales.chosen(), 0
    print(f"{scale.idle} silent connections, {scale.slow} slow ones, {APPS} apps polling")
    with places(["SQLite"]) as each:
        for place in each:
            with place.services() as services:
                people = crowd.fill(services, episodes=20, members=APPS)
            for kind in ("nginx", "caddy") if scale is scales.FULL else ("nginx",):
                if shutil.which(kind) or kind == "nginx":
                    failed += measure(kind, place, people.feeds, scale)
    return 1 if failed else 0


def measure(kind: str, place: Place, feeds: list[str], scale: scales.Scale) -> int:
    """Poll alone, then beside the others; how many polls failed."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        storage = place.installation.folder / "data" / "storage"
        upstream = stack.enter_context(place.serving(server__trusted_proxies="1")).url
        port = urlsplit(upstream).port
        assert port is not None
        front = stack.enter_context(
            running_front(kind, folder, example_for_one(kind, port, storage))
        )
        alone = poll(front, feeds)
        with crowded(front, scale.idle, scale.slow) as still:
            beside = poll(front, feeds)
            held = still()
    print(f"\n{kind:34}{'median ms':>12}{'99 % ms':>12}{'failed':>10}")
    for name, outcome in (("alone", alone), ("beside them", beside)):
        figures = [f"{outcome.percentile(share) * 1000:12.1f}" for share in (0.5, 0.99)]
        print(f"  {name:32}{''.join(figures)}{outcome.broken:>10}", flush=True)
    print(f"  of the others still held: {held}")
    return alone.broken + beside.broken


def poll(front: Front, feeds: list[str]) -> Outcome:
    """Some apps, each polling its own feed over a connection of its own."""
    outcome = Outcome()

    def app(path: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "localhost", front.https, timeout=30, context=context
        )
        for _ in range(POLLS):
            began = time.monotonic()
            try:
                connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                answer = connection.getresponse()
                answer.read()
                outcome.broken += answer.status != 200
            except (OSError, http.client.HTTPException):
                connection.close()
                outcome.broken += 1
            outcome.latencies.append(time.monotonic() - began)
        connection.close()

    apps = [threading.Thread(target=app, args=(feed,)) for feed in feeds[:APPS]]
    for each in apps:
        each.start()
    for each in apps:
        each.join()
    return outcome


class _Count:
    """How many of the connections the front has not closed yet."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets

    def __call__(self) -> int:
        with selectors.DefaultSelector() as selector:
            for each in self._sockets:
                selector.register(each, selectors.EVENT_READ)
            return len(self._sockets) - len(selector.select(0))


@contextlib.contextmanager
def crowded(front: Front, idle: int, slow: int) -> Iterator[_Count]:
    """So many connections that say nothing, and so many that say a byte a second."""
    stop, opened = threading.Event(), contextlib.ExitStack()
    with opened:
        silent = [
            opened.enter_context(socket.create_connection(("127.0.0.1", front.https), timeout=30))
            for _ in range(idle)
        ]
        drops = [opened.enter_context(connect(front)) for _ in range(slow)]
        for each in drops:
            each.sendall(HEAD)
        dripping = threading.Thread(target=_drip, args=(drops, stop))
        dripping.start()
        try:
            yield _Count(silent)
        finally:
            stop.set()
            dripping.join()


def _drip(connections: list[ssl.SSLSocket], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for each in connections:
            with contextlib.suppress(OSError):
                each.sendall(b"x")


if __name__ == "__main__":
    sys.exit(main())
