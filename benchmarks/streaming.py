"""Local audio, and polls while many listen slowly: ``python -m benchmarks.streaming``.

Megabytes per second that one listener and many get, against nginx sending the same file;
then polls per second alone and while slow listeners hold their connections.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import crowd
from benchmarks import scale as scales
from benchmarks.load import wrk
from benchmarks.servers import Place, nginx, places, settle
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns
from tests.running import fetch

SLOW_BYTES = 4096  # each slow listener takes so much …
SLOW_PAUSE = 0.1  # … after so many seconds: 320 kbit/s, a generous podcast


def main() -> None:
    """Print both tables."""
    scale = scales.chosen()
    with places(["SQLite"]) as each:
        for place in each:
            with place.services() as services:
                crowd.fill(services, episodes=scale.episodes - 1, members=scale.members)
                crowd.add_big_episode(services, scale.stream_bytes)
                people = crowd.addresses(services)
                folder = Path(services.settings.data / services.settings.storage.folder)
            with place.serving() as ours:
                stream(ours.url, people, folder, scale)
                settle(ours.worker)
                poll_beside(ours.url, people, place, scale, ours.worker)


def stream(url: str, people: crowd.Crowd, folder: Path, scale: scales.Scale) -> None:
    """How fast one listener and many get the file."""
    many = scale.listeners
    with tempfile.TemporaryDirectory(prefix="bench-") as files, nginx(Path(files)) as theirs:
        biggest = max(folder.rglob("*.mp3"), key=lambda path: path.stat().st_size)
        shutil.copy(biggest, Path(files) / "audio.mp3")

        def load(place: str, paths: list[str], connections: int) -> Callable[[], float]:
            return lambda: (
                wrk(place, paths, seconds=scale.seconds, connections=connections).megabytes
            )

        runs = take_turns(
            {
                "1 listener": load(url, people.audio, 1),
                "1 listener, nginx": load(theirs.url, ["/audio.mp3"], 1),
                f"{many} listeners": load(url, people.audio, many),
                f"{many} listeners, nginx": load(theirs.url, ["/audio.mp3"], many),
            },
            scale.rounds,
        )
    print_runs(f"MB/s, a local file of {scale.stream_bytes / 1e6:.0f} MB", runs)
    print_ratios(
        runs,
        [
            Ratio("1 listener", "1 listener, nginx"),
            Ratio(f"{many} listeners", f"{many} listeners, nginx"),
        ],
    )


def poll_beside(
    url: str, people: crowd.Crowd, place: Place, scale: scales.Scale, worker: int
) -> None:
    """How fast polls are answered alone and beside slow listeners."""
    tag = fetch(url + people.feeds[0], Accept_Encoding="gzip").headers["ETag"]
    headers = {"Accept-Encoding": "gzip"}
    beside = f"with {scale.listeners} slow listeners"

    def alone(headers: dict[str, str]) -> float:
        settle(worker)
        return wrk(url, people.feeds, seconds=scale.seconds, headers=headers).per_second

    def together(headers: dict[str, str]) -> float:
        settle(worker)
        with slow_listeners(url, people.audio[: scale.listeners]):
            return wrk(url, people.feeds, seconds=scale.seconds, headers=headers).per_second

    unchanged = headers | {"If-None-Match": tag}
    runs = take_turns(
        {
            "200 gzip alone": lambda: alone(headers),
            f"200 gzip {beside}": lambda: together(headers),
            "304 alone": lambda: alone(unchanged),
            f"304 {beside}": lambda: together(unchanged),
        },
        scale.rounds,
    )
    print(f"\n{place.database}: polls of {scale.episodes} episodes")
    print_runs("requests per second", runs)
    print_ratios(
        runs,
        [Ratio(f"{what} {beside}", f"{what} alone", 0.8) for what in ("200 gzip", "304")],
        judged=scale is scales.FULL,
    )


@contextlib.contextmanager
def slow_listeners(url: str, paths: list[str]) -> Iterator[None]:
    """Connections that take a download slowly, as long as the block runs.

    Raises RuntimeError afterwards if one of them was not served to the end of the block.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_listen(url, path)) for path in paths]
        stop = threading.Event()
        failed: list[socket.socket] = []

        def take() -> None:
            while not stop.wait(SLOW_PAUSE):
                failed.extend(each for each in sockets if not each.recv(SLOW_BYTES))

        thread = threading.Thread(target=take)
        thread.start()
        try:
            time.sleep(1)  # until what buffers take at once is taken
            yield
        finally:
            stop.set()
            thread.join()
    if failed:
        raise RuntimeError(f"{len(failed)} slow listeners were cut off")


def _listen(url: str, path: str) -> socket.socket:
    at = urlsplit(url)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)  # or it would all fit in
    listener.settimeout(20)
    listener.connect((at.hostname or "", at.port or 80))
    listener.sendall(f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
    start = listener.recv(SLOW_BYTES)
    assert start.startswith(b"HTTP/1.1 200"), start
    return listener


if __name__ == "__main__":
    main()
