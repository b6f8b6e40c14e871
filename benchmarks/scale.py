"""How much of everything a benchmark does: the real measure, or a glance for the smoke test."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Scale:
    """``seconds`` is the length of one run under load; sizes are in bytes."""

    seconds: int
    rounds: int
    episodes: int
    members: int
    polling_members: int
    half_hour: int  # seconds that a compressed half hour takes
    published: int  # episodes that come out meanwhile
    payers: int  # who pay for it meanwhile: so many have paid before, so many join
    idle: int  # connections that say nothing
    slow: int  # connections that send a request drop by drop
    crowds: tuple[int, ...]
    listeners: int
    stream_bytes: int
    ingest_bytes: int
    hits: int  # of one day


FULL = Scale(
    seconds=2,
    rounds=5,
    episodes=300,
    members=2_000,
    polling_members=10_000,
    half_hour=40,
    published=3,
    payers=40,
    idle=10_000,
    slow=500,
    crowds=(100, 10_000, 1_000_000),
    listeners=200,
    stream_bytes=50_000_000,
    ingest_bytes=1_000_000_000,
    hits=1_000_000,
)
QUICK = Scale(
    seconds=1,
    rounds=1,
    episodes=20,
    members=20,
    polling_members=50,
    half_hour=4,
    published=3,
    payers=6,
    idle=200,
    slow=20,
    crowds=(10, 100),
    listeners=5,
    stream_bytes=2_000_000,
    ingest_bytes=5_000_000,
    hits=5_000,
)


def chosen() -> Scale:
    """The scale named on the command line, with what is named there one by one (``--hits=…``)."""
    named = (word[2:].partition("=") for word in sys.argv[1:] if word.startswith("--"))
    numbers = {name.replace("-", "_"): int(value) for name, _, value in named if value}
    scale = QUICK if "--quick" in sys.argv else FULL
    # Itself where nothing else is named: what it comes to is judged by the targets then.
    return replace(scale, **numbers) if numbers else scale  # type: ignore[arg-type]
