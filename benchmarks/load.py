"""Load from wrk, on a core of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk measured."""

    requests: int
    per_second: float
    megabytes: float  # per second


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """Processes started meanwhile run on one core: 0 for servers, 1 (if any) for their load."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[min(number, len(cores) - 1)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def wrk(
    url: str,
    paths: Sequence[str],
    *,
    seconds: int,
    connections: int = CONNECTIONS,
    headers: Mapping[str, str] | None = None,
) -> Load:
    """Ask for ``paths`` in turn, as fast as the server answers.

    Raises RuntimeError if anything was
    answered with an error.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(paths))
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
        command += ["--timeout", "20s", "-s", str(_SCRIPT)]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        with on_core(1):
            done = subprocess.run(
                [*command, url, "--", file.name], check=True, capture_output=True, text=True
            )
    return _read(done.stdout)


def _read(output: str) -> Load:
    measured = output.rpartition("measured ")[2].split()
    requests, microseconds, size, bad = map(int, measured)
    if bad or not size:
        raise RuntimeError(f"the load met errors:\n{output}")
    return Load(requests, requests * 1e6 / microseconds, size / microseconds)
