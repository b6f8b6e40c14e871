"""New web workers say when they can answer, so that the old ones do not go before.

How long the program takes to load is the machine's affair: seconds on a fast one, many on a small.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Not one of our settings: only for the processes of one server among themselves.
_FOLDER = "_PODCAST_SERVER_TAKEOVER"
LONGEST = 120.0  # seconds to wait for a worker that neither answers nor ends


@contextmanager
def place_for_marks() -> Iterator[None]:
    """A folder in which workers that are started within the block leave their marks."""
    with tempfile.TemporaryDirectory(prefix="podcast-server-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def note_able() -> None:
    """Called by a worker that can answer from now on."""
    folder = os.environ.get(_FOLDER)
    if folder:
        with suppress(OSError):
            Path(folder, str(os.getpid())).touch()


def wait_until_able(pid: int, is_alive: Callable[[], bool]) -> None:
    """Return once the worker can answer, or has ended."""
    mark = Path(os.environ.get(_FOLDER, ""), str(pid))
    deadline = time.monotonic() + LONGEST
    while not mark.exists() and is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    with suppress(OSError):
        mark.unlink()  # the number may be another worker's later
