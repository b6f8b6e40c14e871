"""Probe an audio file in a child process, so that no file can hurt the server.

Some files make any reader use a gigabyte, minutes, or the whole stack: compressed tags,
floods of atoms, deep nesting. The child has limits on memory and time; when it dies, the
file is refused and the server's own memory has not moved.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from episodes.audio.errors import AudioRefused
from episodes.audio.facts import AudioFacts, AudioTags, ChapterFact, Cover

PROJECT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """What the child may use: bytes of memory, seconds of processor, seconds on the clock."""

    memory: int = 400 * 1024 * 1024
    cpu: int = 20
    wall: int = 60


def probe(path: Path, *, limits: ProbeLimits | None = None) -> AudioFacts:
    """The facts of an audio file. Raises AudioRefused with the reason."""
    limits = limits or ProbeLimits()
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "episodes.audio.probe_child",
                str(path.absolute()),
                str(limits.memory),
                str(limits.cpu),
            ],
            capture_output=True,
            timeout=limits.wall,
            check=False,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise AudioRefused("too_complex") from error
    if done.returncode:
        # Killed by a limit, or out of memory in a place that could not say so.
        raise AudioRefused("too_complex")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise AudioRefused(answer["refused"])
    return _facts(answer["facts"])


def _environment() -> dict[str, str]:
    """No secrets of ours; only what Python needs to find itself and this package."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return kept | {"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"}


def _facts(plain: dict[str, Any]) -> AudioFacts:
    tags = dict(plain["tags"])
    cover = tags.pop("cover")
    if cover is not None:
        cover = Cover(base64.b64decode(cover["data"]), cover["mime"])
    chapters = tuple(ChapterFact(**chapter) for chapter in plain["chapters"])
    rest = {k: v for k, v in plain.items() if k not in {"tags", "chapters", "warnings"}}
    return AudioFacts(
        **rest,
        tags=AudioTags(**tags, cover=cover),
        chapters=chapters,
        warnings=tuple(plain["warnings"]),
    )
