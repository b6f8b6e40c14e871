"""What memory a web worker holds beyond what it uses."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

MANY_THREADS = """
import ctypes, threading
from podcast_server.heaps import keep_heaps_few
keep_heaps_few()
all_there = threading.Barrier(12)
def work():
    kept = bytes(2_000)
    all_there.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for each in threads: each.start()
for each in threads: each.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


FREE_BETWEEN_USED = """
from pathlib import Path
from podcast_server.heaps import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
# Below the bound at which each would have a mapping of its own (mallopt(3), M_MMAP_THRESHOLD).
blocks = [bytes([1]) * 100_000 for _ in range(500)]
full = resident()
del blocks[:-1]
freed = resident()
give_back()
print(full - freed, freed - resident())
"""

gnu_only = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"), reason="not GNU's C library"
)


@gnu_only
def test_many_threads_have_two_heaps_between_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, check=True
    )
    assert 1 <= done.stdout.count("<heap nr=") <= 2


@gnu_only
def test_what_is_free_behind_something_used_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FREE_BETWEEN_USED], capture_output=True, text=True, check=True
    )
    by_itself, given_back = map(int, done.stdout.split())
    assert by_itself < 5_000_000  # what else would there be to do
    assert given_back > 40_000_000
