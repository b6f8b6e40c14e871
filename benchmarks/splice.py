"""What one personal copy costs against compressing it: ``python -m benchmarks.splice``.

Every row is measured in one run, the ways taking turns; figures are medians, with the fastest
in brackets where noise matters.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import time
import zlib
from collections.abc import Callable

from benchmarks.sample_feed import (
    FEED_SENTINEL,
    FEED_TOKEN,
    MEDIA_SENTINEL,
    MEDIA_TOKEN,
    sample_feed,
)
from feeds.personalise import PreparedDocument, dump, load, prepare

TOKENS = (FEED_TOKEN, MEDIA_TOKEN)
ROUNDS = 1 if "--quick" in sys.argv else 7
SIZES = (50, 300, 1000)


def main() -> None:
    """Print the table."""
    print(
        f"{'episodes':>8} {'plain kB':>8} {'gzip kB':>8} {'÷ gzip -9':>9} {'prepare ms':>10} "
        f"{'load ms':>8} {'splice µs':>14} {'× zlib -6':>9} {'× zlib -9':>9} "
        f"{'plain µs':>14} {'× replace':>9} {'held kB':>8}"
    )
    for episodes in SIZES:
        print(row(episodes))


def row(episodes: int) -> str:
    """Measure one size of feed."""
    document = sample_feed(episodes)
    prepared = _prepare(document)
    personal, copy, dumped = prepared.plain(*TOKENS), prepared.gzip(*TOKENS), dump(prepared)
    assert gzip.decompress(copy) == personal == _replace(document)
    runs = take_turns(
        {
            "splice": (lambda: prepared.gzip(*TOKENS), 300),
            "plain": (lambda: prepared.plain(*TOKENS), 100),
            "replace": (lambda: _replace(document), 30),
            "zlib -6": (lambda: _compress(personal, 6), 1),
            "zlib -9": (lambda: _compress(personal, 9), 1),
            "prepare": (lambda: _prepare(document), 1),
            "load": (lambda: load(dumped), 1),
        }
    )
    took = {name: statistics.median(each) for name, each in runs.items()}
    return (
        f"{episodes:8} {len(personal) / 1e3:8.0f} {len(copy) / 1e3:8.0f} "
        f"{len(copy) / len(_compress(personal, 9)):9.5f} {took['prepare'] * 1e3:10.1f} "
        f"{took['load'] * 1e3:8.1f} {_microseconds(runs['splice']):>14} "
        f"{took['zlib -6'] / took['splice']:9.0f} {took['zlib -9'] / took['splice']:9.0f} "
        f"{_microseconds(runs['plain']):>14} {took['replace'] / took['plain']:9.1f} "
        f"{prepared.weight / 1e3:8.0f}"
    )


def take_turns(ways: dict[str, tuple[Callable[[], object], int]]) -> dict[str, list[float]]:
    """Seconds per call of each way, once a round; a way's number is its calls in a round."""
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (call, times) in ways.items():
            started = time.perf_counter()
            for _ in range(times):
                call()
            runs[name].append((time.perf_counter() - started) / times)
    return runs


def _prepare(document: bytes) -> PreparedDocument:
    return prepare(document, (FEED_SENTINEL, MEDIA_SENTINEL))


def _replace(document: bytes) -> bytes:
    return document.replace(FEED_SENTINEL, FEED_TOKEN).replace(MEDIA_SENTINEL, MEDIA_TOKEN)


def _compress(data: bytes, level: int) -> bytes:
    squeezer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    return squeezer.compress(data) + squeezer.flush()


def _microseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e6:.1f} [{min(seconds) * 1e6:.1f}]"


if __name__ == "__main__":
    main()
