"""Run one job on an audio file in a child process, so that no file can hurt the server.

Some files make any reader use a gigabyte, minutes, or the whole stack: compressed tags,
floods of atoms, deep nesting. The child has limits on memory and time; when it dies, the
file is refused and the server's own memory has not moved.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts
from episodes.audio.wire import read_answer

PROJECT = Path(__file__).parent.parent.parent
Fraction = Callable[[float], None]
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: bytes of memory, seconds of processor, seconds on the clock,
    bytes written to any one file."""

    memory: int = 400 * _MEGABYTE
    cpu: int = 20
    # For a child that waits for ever; work is bounded by the processor. The jobs stand back for
    # answers, and on a busy machine get a tenth of it: an honest file is not refused for that.
    wall: int = 300
    written: int = 40 * _MEGABYTE


def run_limited(
    job: str, arguments: Mapping[str, Any], limits: Limits, progress: Fraction | None = None
) -> AudioFacts | None:
    """Run a job of ``episodes.audio.child``; ``progress`` hears how much is done, 0 to 1.

    Raises AudioRefused with the reason, also when the child broke a limit or died.
    """
    order = json.dumps({"job": job, "limits": asdict(limits), "arguments": dict(arguments)})
    with tempfile.TemporaryFile() as answer:
        # -P: a folder of audio that holds a file named json.py must not become code.
        command = [sys.executable, "-P", "-m", "episodes.audio.child", order]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.PIPE if progress else subprocess.DEVNULL,
            env=_environment(),
        )
        status = _wait(child, limits.wall, progress)
        if status:
            # Killed by a limit, or out of memory in a place that could not say so.
            raise AudioRefused("too_complex", f"the child ended with status {status}")
        answer.seek(0)
        return read_answer(answer)


def _wait(child: subprocess.Popen[bytes], wall: int, progress: Fraction | None) -> int:
    """The exit status; a child that outlives its time is killed."""
    clock = threading.Timer(wall, child.kill)
    clock.start()
    try:
        if progress is not None and child.stderr is not None:
            _report(child.stderr, progress)
        return child.wait()
    finally:
        clock.cancel()
        if child.poll() is None:
            child.kill()
            child.wait()
        if child.stderr is not None:
            child.stderr.close()


def _report(lines: IO[bytes], progress: Fraction) -> None:
    while line := lines.readline(64):
        try:
            fraction = float(line)
        except ValueError:
            continue  # a library's own word; only numbers are ours
        progress(min(max(fraction, 0.0), 1.0))


def _environment() -> dict[str, str]:
    """No secrets of ours; only what Python needs to find itself and this package."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONDONTWRITEBYTECODE": "1",
        # Each arena reserves address space, which is what the limit on memory counts.
        "MALLOC_ARENA_MAX": "2",
    }
