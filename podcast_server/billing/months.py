"""Months as the numbers count them: UTC, this one up to now, and sums by the month in SQL."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, String, case, cast, func
from sqlalchemy.orm import InstrumentedAttribute

Moment = ColumnElement[datetime] | InstrumentedAttribute[datetime]

# Beside the months' numbers 0, 1, 2 …
BEFORE = -1
# Sorts behind every month.
FUTURE = "9999-99"


@dataclass(frozen=True, slots=True)
class Months:
    """Some months up to ``now``, which is in the last one."""

    firsts: list[date]
    now: datetime

    @property
    def _names(self) -> list[str]:
        return [*(first.isoformat()[:7] for first in self.firsts), FUTURE]

    @classmethod
    def until(cls, now: datetime, count: int = 12) -> Months:
        """The last ``count`` months, this one last."""
        days = [now.astimezone(UTC).date().replace(day=1)]
        while len(days) < count:
            days.append((days[-1] - timedelta(days=1)).replace(day=1))
        return cls(days[::-1], now)

    @property
    def after(self) -> int:
        """The number that stands for later than now."""
        return len(self.firsts)

    def begin(self, number: int) -> datetime:
        """When a month began."""
        first = self.firsts[number]
        return datetime(first.year, first.month, 1, tzinfo=UTC)

    def name_of(self, moment: Moment) -> ColumnElement[str]:
        """SQL: the month a moment is in, as "2026-06"; FUTURE where it is later than now.

        Both databases write times that way round, in UTC, so their beginning is the month.
        """
        return case((moment > self.now, FUTURE), else_=func.substr(cast(moment, String), 1, 7))

    def number_of(self, name: str) -> int:
        """Which of the months a name means; BEFORE all of them, or ``after``."""
        return bisect_right(self._names, name) - 1

    def is_at_end(self, number: int, starts: datetime, ends: datetime | None) -> bool:
        """Whether something that lasts from ``starts`` to ``ends`` lasts at a month's end."""
        if number == self.after - 1:
            return starts <= self.now and (ends is None or ends > self.now)
        end = self.begin(number + 1)
        return starts < end and (ends is None or ends >= end)
