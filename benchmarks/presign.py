"""What a signed address costs: kept by our signer, made by our signer, made by botocore.

Run from the repository: ``python -m benchmarks.presign``. Needs no server: signing is sums.
Each figure is the middle of alternating runs, with the least and the most beside it.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from episodes.storage.base import StorageSettings
from episodes.storage.s3 import S3Storage
from episodes.storage.s3.client import make_config, open_client, open_session

RUNS = 1 if "--quick" in sys.argv else 7
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = "shows/1/episodes/k3v9x2m4qa/audio-0123456789abcdef0123456789abcdef.mp3"
SETTINGS = StorageSettings(
    backend="s3",
    bucket="audio",
    endpoint="http://127.0.0.1:9000",
    access_key="AKBENCH",
    secret_key="SKBENCH",
)


def contenders() -> dict[str, tuple[Callable[[], object], int]]:
    """Each way to get an address, and how many times one run calls it."""
    keeper, maker = S3Storage(SETTINGS), S3Storage(SETTINGS)
    client = open_client(open_session(SETTINGS), SETTINGS, make_config(SETTINGS))
    params = {"Bucket": "audio", "Key": KEY, "ResponseContentType": "audio/mpeg"}
    windows = (NOW + timedelta(hours=hour) for hour in itertools.count(1))

    def sign(storage: S3Storage, now: datetime) -> str | None:
        return storage.presigned_get(KEY, now=now, content_type="audio/mpeg")

    return {
        "kept: the same object, the same window": (lambda: sign(keeper, NOW), 20_000),
        "made: a new window": (lambda: sign(maker, next(windows)), 500),
        "botocore, one client, every time": (
            lambda: client.generate_presigned_url("get_object", Params=params),
            500,
        ),
    }


def measure(call: Callable[[], object], times: int) -> float:
    """Microseconds of one call, over a run of many."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times * 1e6


def main() -> None:
    """Print the table."""
    ways = contenders()
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, (call, times) in ways.items():
            figures[name].append(measure(call, times))
    baseline = statistics.median(figures["botocore, one client, every time"])
    print(f"{'':42}{'min':>10}{'median':>10}{'max':>10}   µs   times faster than botocore")
    for name, values in figures.items():
        middle = statistics.median(values)
        row = f"{min(values):10.2f}{middle:10.2f}{max(values):10.2f}"
        print(f"{name:42}{row}        {baseline / middle:8.1f}")


if __name__ == "__main__":
    main()
