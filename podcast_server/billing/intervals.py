"""How long a payment lasts: calendar steps that remember the day they began on."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from podcast_server.billing.errors import BadOffer

Unit = Literal["day", "week", "month", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
# Three years: the longest that card providers renew.
_LONGEST: dict[Unit, int] = {"day": 1095, "week": 156, "month": 36, "year": 3}


@dataclass(frozen=True, slots=True)
class Interval:
    """Every ``count`` units. Raises BadOffer when it is longer than three years."""

    unit: Unit
    count: int = 1

    def __post_init__(self) -> None:
        if self.unit not in UNITS or not 1 <= self.count <= _LONGEST[self.unit]:
            raise BadOffer(f"every {self.count} {self.unit}s cannot be billed: at most three years")

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"


def after(anchor: datetime, interval: Interval, times: int = 1) -> datetime:
    """The moment ``times`` intervals after ``anchor``: January 31 plus one month is the
    last of February, plus two is March 31."""
    steps = interval.count * times
    if interval.unit == "day":
        return anchor + timedelta(days=steps)
    if interval.unit == "week":
        return anchor + timedelta(weeks=steps)
    months = anchor.month - 1 + steps * (12 if interval.unit == "year" else 1)
    year, month = anchor.year + months // 12, months % 12 + 1
    day = min(anchor.day, calendar.monthrange(year, month)[1])
    return anchor.replace(year=year, month=month, day=day)


def parse_interval(text: str) -> Interval | None:
    """``month``, ``2 weeks``, ``year``; None for ``once``. Raises BadOffer."""
    words = text.strip().lower().split()
    if words == ["once"]:
        return None
    count, unit = (words[0], words[1]) if len(words) == 2 else ("1", words[0] if words else "")
    unit = unit.removesuffix("s")
    if not count.isascii() or not count.isdigit() or len(count) > 4 or len(words) > 2:
        raise BadOffer("say month, year, once, or for example “2 weeks”")
    for known in UNITS:
        if unit == known:
            return Interval(known, int(count))
    raise BadOffer("say month, year, once, or for example “2 weeks”")
