"""The child process: limits itself, does one job on one file, answers on standard output.

Run as ``python -P -m episodes.audio.child ORDER``, where ORDER is JSON made by
``episodes.audio.limited``. Progress goes to standard error, a fraction on each line.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts
from episodes.audio.wire import write_facts, write_refusal

_OF_SYSTEM = {
    errno.ENOENT: "unreadable",
    errno.EACCES: "unreadable",
    errno.EISDIR: "unreadable",
    errno.EIO: "unreadable",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EFBIG: "too_complex",
    errno.ENOMEM: "too_complex",
    errno.EMFILE: "too_complex",
}


def limit_myself(limits: dict[str, int]) -> None:
    """Bytes of memory, seconds of processor, bytes written to a file; few open files."""
    for name, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["written"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (value, value))
    os.nice(5)  # listeners come before uploads


def do_job(job: str, arguments: dict[str, Any]) -> AudioFacts | None:
    """Do the job. The libraries are loaded here, after the limits stand."""
    if job == "probe":
        from episodes.audio.child.examine import examine

        return examine(Path(arguments["source"]))
    if job == "glance":
        from episodes.audio.child.glance import glance

        return glance(Path(arguments["source"]))
    if job == "peaks":
        from episodes.audio.child.peaks import peaks

        peaks(**arguments)
        return None
    from episodes.audio.child import make

    if job == "convert":
        make.convert(**arguments, progress=_tell)
    else:
        make.cut(**arguments)
    return None


def refusal_of(error: Exception) -> str:
    """Why a job failed, as a key of SENTENCES."""
    if isinstance(error, AudioRefused):
        return error.reason
    if isinstance(error, (MemoryError, RecursionError)):
        return "too_complex"
    if isinstance(error, ImportError):
        return "no_encoder"
    if isinstance(error, OSError):
        # FFmpeg's own complaints about the content are OSErrors too, with numbers of its own.
        return _OF_SYSTEM.get(error.errno or 0, "damaged")
    return "damaged"


def _tell(fraction: float) -> None:
    sys.stderr.write(f"{fraction:.3f}\n")
    sys.stderr.flush()


def main(order: dict[str, Any]) -> None:
    """One order, one answer."""
    limit_myself(order["limits"])
    try:
        facts = do_job(order["job"], order["arguments"])
    # Whatever a hostile file makes a parser raise, the answer is that the file is no good.
    except Exception as error:
        write_refusal(refusal_of(error), repr(error)[:500], sys.stdout.buffer)
    else:
        write_facts(facts, sys.stdout.buffer)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
