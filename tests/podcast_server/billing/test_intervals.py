"""Calendar steps of memberships."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.billing.errors import BadOffer
from podcast_server.billing.intervals import Interval, after, parse_interval

JANUARY_31 = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_month_after_the_31st_is_the_last_of_february_and_then_the_31st_of_march() -> None:
    month = Interval("month")
    assert after(JANUARY_31, month).date().isoformat() == "2026-02-28"
    assert after(JANUARY_31, month, 2).date().isoformat() == "2026-03-31"


def test_a_year_after_leap_day_is_the_last_of_february() -> None:
    leap_day = datetime(2028, 2, 29, tzinfo=UTC)
    assert after(leap_day, Interval("year")).date().isoformat() == "2029-02-28"


def test_weeks_and_days_are_counted() -> None:
    assert (after(JANUARY_31, Interval("week", 2)) - JANUARY_31).days == 14
    assert (after(JANUARY_31, Interval("day", 10), 3) - JANUARY_31).days == 30


@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)), st.integers(1, 60))
def test_later_steps_are_later(anchor: datetime, times: int) -> None:
    for interval in (Interval("month"), Interval("year"), Interval("week")):
        assert after(anchor, interval, times) < after(anchor, interval, times + 1)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("month", Interval("month")),
        ("Years", Interval("year")),
        ("2 weeks", Interval("week", 2)),
        ("once", None),
    ],
)
def test_an_interval_is_read_in_plain_words(text: str, interval: Interval | None) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize(
    "text", ["", "fortnight", "0 months", "-1 month", "4 years", "37 months", "2 x y", "² weeks"]
)
def test_an_interval_nobody_can_bill_is_refused(text: str) -> None:
    with pytest.raises(BadOffer):
        parse_interval(text)
