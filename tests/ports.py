"""Ports for the servers of tests, which nobody takes between the choice and the listening.

They lie below those that the kernel gives to outgoing connections and to whoever lets it choose:
a port of those that is free now may be the near end of a browser's connection a moment later, or
while a server of a test is away. Those that run side by side have a stretch each.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LOWEST = 12_000  # above all that browsers refuse to go to (10080 is the last)
STRETCHES = 16  # as many as may run side by side


def free_port() -> int:
    """A port nobody listens on at present, and that is given to nobody else."""
    return next(port for port in _stretch() if _is_free(port))


@cache
def _stretch() -> Iterator[int]:
    """The ports of this process, round and round, from any of them."""
    long = (_highest() - LOWEST) // STRETCHES
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    number = int(worker) % STRETCHES if worker else random.randrange(STRETCHES)
    first, begun = LOWEST + number * long, random.randrange(long)
    return (first + (begun + step) % long for step in itertools.count())


def _highest() -> int:
    """Below which the kernel gives no ports by itself."""
    try:
        said = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
        lowest_given = int(said.split()[0])
    except (OSError, ValueError, IndexError):
        lowest_given = 0
    # Where it gives nearly all of them, a port in the middle is as good as any.
    return lowest_given if lowest_given >= LOWEST + STRETCHES * 100 else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
