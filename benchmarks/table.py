"""Ways to do the same, taking turns; the table of what they took, and the ratios asked for."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Runs = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Ratio:
    """``of`` divided by ``to``, and where the target is; ``at_most`` if less is better."""

    of: str
    to: str
    target: float | None = None
    at_most: bool = False


def take_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> Runs:
    """Each way's figures, once a round, so that the machine's moods fall on all alike."""
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            runs[name].append(run())
    return runs


def print_runs(unit: str, runs: Runs) -> None:
    """One line for each way: least, middle and most of its runs."""
    print(f"{unit:58}{'min':>12}{'median':>12}{'max':>12}")
    for name, values in runs.items():
        each = (min(values), statistics.median(values), max(values))
        print(f"{name:58}" + "".join(f"{_figure(value):>12}" for value in each))


def print_ratios(runs: Runs, ratios: Sequence[Ratio], *, judged: bool = True) -> None:
    """One line for each ratio, taken round by round, beside its target if that is ``judged``."""
    print(f"\n{'ratio':72}{'min':>12}{'median':>12}{'max':>12}  target")
    for ratio in ratios:
        values = [of / to for of, to in zip(runs[ratio.of], runs[ratio.to], strict=True)]
        each = (min(values), statistics.median(values), max(values))
        figures = "".join(f"{value:12.2f}" for value in each)
        name = f"{ratio.of} ÷ {ratio.to}"
        print(f"{name:72}{figures}  {_verdict(ratio, each[1]) if judged else ''}", flush=True)


def _verdict(ratio: Ratio, value: float) -> str:
    if ratio.target is None:
        return ""
    reached = value <= ratio.target if ratio.at_most else value >= ratio.target
    return f"{'≤' if ratio.at_most else '≥'} {ratio.target:g} {'reached' if reached else 'MISSED'}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
