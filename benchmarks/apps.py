"""Podcast apps by the thousand, kept apart from what they ask: open-loop, over few connections.

Each request has a time at which it is due; latency counts from then, so a server that stalls is
charged for everybody who had to wait, not only for the one it answered late.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_ETAG = re.compile(rb'\r\netag: ("[^"]*")', re.IGNORECASE)


class Heard(NamedTuple):
    """An answer; times in seconds of the monotonic clock."""

    status: int
    etag: str
    body: bytes
    sent: float
    received: float


@dataclass(slots=True)
class Visit:
    """One request of one app: when it is due (seconds from the start) and who judges the answer.

    ``request`` may give nothing: then nobody is there to ask.
    """

    kind: str
    due: float
    request: Callable[[], bytes]
    judge: Callable[[Heard], None]


@dataclass(slots=True)
class Outcome:
    """Seconds from due to answered of all visits, and how many failed on the way."""

    latencies: list[float] = field(default_factory=list)
    broken: int = 0

    def percentile(self, share: float) -> float:
        """The latency that this share of visits (0 to 1) stayed under, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def visit_all(url: str, visits: Sequence[Visit], connections: int) -> dict[str, Outcome]:
    """Make all visits, each when it is due or as soon after as a connection is free; by kind."""
    place = urlsplit(url)
    outcomes: defaultdict[str, Outcome] = defaultdict(Outcome)
    queue: asyncio.Queue[tuple[float, Visit]] = asyncio.Queue()
    start = time.monotonic() + 0.2

    async def schedule() -> None:
        for visit in sorted(visits, key=lambda visit: visit.due):
            due = start + visit.due
            delay = due - time.monotonic()
            if delay > 0.002:
                await asyncio.sleep(delay)
            queue.put_nowait((due, visit))

    async def app() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**22)
        while True:
            due, visit = await queue.get()
            outcome = outcomes[visit.kind]
            try:
                if not (request := visit.request()):
                    continue
                heard = await _ask(reader, writer, request)
                outcome.latencies.append(heard.received - due)
                visit.judge(heard)
            except (OSError, asyncio.IncompleteReadError):
                outcome.broken += 1
                reader, writer = await asyncio.open_connection(
                    place.hostname, place.port, limit=2**22
                )
            finally:
                queue.task_done()

    apps = [asyncio.create_task(app()) for _ in range(connections)]
    await schedule()
    await queue.join()
    for each in apps:
        each.cancel()
    return outcomes


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Heard:
    sent = time.monotonic()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length, etag = _LENGTH.search(head), _ETAG.search(head)
    status = int(head[9:12])
    body = b""
    if length is not None and status != 304:
        body = await reader.readexactly(int(length[1]))
    return Heard(status, etag[1].decode() if etag else "", body, sent, time.monotonic())
