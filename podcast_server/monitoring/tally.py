"""Counters of answers, kept by each worker process and readable by its neighbours.

A scrape meets one worker of several. So every worker leaves its counters in a small file now and
then, and whoever is asked adds the neighbours' files; each worker is a series of its own, so that
rates stay right when one is replaced.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

log = logging.getLogger(__name__)

SECONDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)  # upper bounds of the duration classes
FILE_EVERY = 5.0  # seconds
TOGETHER = 200  # answers


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters of one worker."""

    worker: str
    answers: dict[tuple[str, str], int]  # (kind, status)
    seconds: dict[str, tuple[list[int], float]]  # kind: answers per class (last: longer), sum


class Tally:
    """Counts answers by kind (feed, audio, page…) and status, and the time to their first byte."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of each kind and status: answers per class, and as the last number the sum of seconds.
        self._cells: dict[tuple[str, str], list[float]] = {}
        # What is not sorted into classes yet: many at once cost a third of one by one.
        self._waiting: dict[tuple[str, int], list[float]] = {}

    def add(self, kind: str, status: int, seconds: float) -> None:
        """Count one answer."""
        waiting = self._waiting.get((kind, status))
        if waiting is None:
            waiting = self._waiting.setdefault((kind, status), [])
        waiting.append(seconds)
        if len(waiting) >= TOGETHER:
            self._sort()

    def counted(self) -> Counted:
        """A copy of everything counted so far."""
        self._sort()
        with self._lock:
            cells = {which: list(cell) for which, cell in self._cells.items()}
        answers = {which: int(sum(cell[:-1])) for which, cell in cells.items()}
        seconds: dict[str, tuple[list[int], float]] = {}
        for (kind, _), cell in cells.items():
            classes, total = seconds.get(kind, ([0] * (len(SECONDS) + 1), 0.0))
            both = [a + int(b) for a, b in zip(classes, cell[:-1], strict=True)]
            seconds[kind] = (both, total + cell[-1])
        return Counted(str(os.getpid()), answers, seconds)

    def _sort(self) -> None:
        with self._lock:
            for (kind, status), waiting in list(self._waiting.items()):
                some = waiting[:]
                # Others may have put more behind these meanwhile: that stays.
                del waiting[: len(some)]
                which = (kind, str(status))
                cell = self._cells.setdefault(which, [0.0] * (len(SECONDS) + 2))
                cell[-1] += sum(some)
                for place, count in enumerate(_classes(some)):
                    cell[place] += count


def _classes(seconds: list[float]) -> list[int]:
    """How many of them are in each class."""
    ordered = sorted(seconds)
    up_to = [bisect_right(ordered, bound) for bound in SECONDS]
    return [b - a for a, b in pairwise([0, *up_to, len(ordered)])]


class TallyFolder:
    """Where the workers of one machine leave their counters for each other."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._tally = tally
        self._stop = threading.Event()

    def start(self) -> None:
        """Leave our counters there every few seconds, on a thread of its own."""
        threading.Thread(target=self._run, name="tally", daemon=True).start()

    def stop(self) -> None:
        """End the thread and take our file away."""
        self._stop.set()
        self._file(str(os.getpid())).unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._stop.wait(FILE_EVERY):
            try:
                self.leave()
            except OSError as error:
                log.warning("counters could not be written: %s", error.strerror)

    def leave(self) -> None:
        """Write our counters down. Raises OSError."""
        mine = self._tally.counted()
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{mine.worker}.tmp"
        temporary.write_text(_as_json(mine), encoding="utf-8")
        temporary.replace(self._file(mine.worker))

    def all(self) -> list[Counted]:
        """Our counters and those of every neighbour that still lives."""
        mine = self._tally.counted()
        found = [mine]
        for path in sorted(self._folder.glob("*.json")):
            if path.stem == mine.worker:
                continue
            if not _lives(path.stem):
                path.unlink(missing_ok=True)
                continue
            found.append(_from_json(path.read_text(encoding="utf-8")))
        return found

    def _file(self, worker: str) -> Path:
        return self._folder / f"{worker}.json"


def _lives(worker: str) -> bool:
    return worker.isdecimal() and Path("/proc", worker).exists()


def _as_json(counted: Counted) -> str:
    answers = [[*which, count] for which, count in counted.answers.items()]
    return json.dumps({"worker": counted.worker, "answers": answers, "seconds": counted.seconds})


def _from_json(text: str) -> Counted:
    read = json.loads(text)
    answers = {(kind, status): count for kind, status, count in read["answers"]}
    seconds = {kind: (list(each[0]), float(each[1])) for kind, each in read["seconds"].items()}
    return Counted(read["worker"], answers, seconds)
