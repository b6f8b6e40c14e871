"""Calendar arithmetic of subscriptions: periods are counted from an anchor, in UTC.

A subscription anchored on 31 January renews on 28 February and on 31 March again.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

from tests.stripe_stand_in.store import Thing


def add_intervals(anchor: int, recurring: Thing, times: int) -> int:
    """Unix seconds `times` intervals after the anchor."""
    start = datetime.fromtimestamp(anchor, UTC)
    count = recurring["interval_count"] * times
    match recurring["interval"]:
        case "day":
            end = start + timedelta(days=count)
        case "week":
            end = start + timedelta(weeks=count)
        case "month":
            end = _add_months(start, count)
        case _:
            end = _add_months(start, 12 * count)
    return int(end.timestamp())


def _add_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def period_after(anchor: int, recurring: Thing, moment: int) -> int:
    """The first period end after `moment`."""
    times = 1
    while (end := add_intervals(anchor, recurring, times)) <= moment:
        times += 1
    return end
