"""A big file on its way in: ``python -m benchmarks.ingest``.

`podcast-server episode add`, which examines the file, hashes it and stores it, against
`sha256sum` and `cp`. Seconds, whole processes; and the most memory any of ours had resident.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import scale as scales
from benchmarks.servers import Place, places
from benchmarks.table import Ratio, print_ratios, print_runs, take_turns

# One frame of MPEG-1 layer III with silence: 320 kbit/s, 44.1 kHz, stereo.
_FRAME = b"\xff\xfb\xe0\x64" + bytes(1040)
ADD, COPY = "podcast-server episode add", "sha256sum && cp"
ROUNDS = 3


def main() -> None:
    """Print the table and the memory."""
    scale = scales.chosen()
    with places(["SQLite"]) as each:
        for place in each:
            place.installation.run("show", "create", "Sample")
            small = write_sound(place.installation.folder / "small.mp3", 5_000_000)
            big = write_sound(place.installation.folder / "big.mp3", scale.ingest_bytes)
            memory: list[float] = []
            runs = take_turns(
                {
                    ADD: lambda: add(place, big, memory),  # noqa: B023
                    COPY: lambda: copy(big),  # noqa: B023
                },
                min(ROUNDS, scale.rounds),
            )
            print_runs(f"seconds, {scale.ingest_bytes / 1e6:,.0f} MB", runs)
            print_ratios(runs, [Ratio(ADD, COPY)])
            little: list[float] = []
            add(place, small, little)
            print(f"\npeak memory: {max(memory):.0f} MB, with a file of 5 MB {little[0]:.0f} MB")


def write_sound(path: Path, size: int) -> Path:
    """Silence in MP3, about so many bytes."""
    block = _FRAME * 1000
    with path.open("wb") as file:
        for _ in range(max(1, size // len(block))):
            file.write(block)
    return path


def add(place: Place, path: Path, memory: list[float]) -> float:
    """Seconds that adding took; appends the peak of memory in MB."""
    command = [sys.executable, "-m", "podcast_server", "episode", "add", str(path)]
    installation = place.installation
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--show", "sample"],
        cwd=installation.folder,
        env=installation.environ,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    memory.append(usage.ru_maxrss / 1000)
    shutil.rmtree(installation.folder / "data" / "storage")  # a gigabyte is enough at a time
    return took


def copy(path: Path) -> float:
    """Seconds for hashing and copying."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        started = time.perf_counter()
        for command in (["sha256sum", str(path)], ["cp", str(path), folder]):
            _run(command)
        return time.perf_counter() - started


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
