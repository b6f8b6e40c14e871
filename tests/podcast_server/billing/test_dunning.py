"""Until when a subscription opens its feeds, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.billing.dunning import CLOSED, Rules, Standing, Window, window_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
END = NOW + timedelta(days=10)
RULES = Rules(grace=timedelta(days=7), lateness=timedelta(days=1))


def test_an_active_subscription_lasts_a_day_longer_than_its_period_for_late_news() -> None:
    assert window_of(Standing("active", END), RULES) == Window(END + timedelta(days=1))


def test_a_trial_lasts_a_day_longer_too() -> None:
    standing = Standing("trialing", END, trial_end=END)
    assert window_of(standing, RULES) == Window(END + timedelta(days=1))


def test_a_planned_cancellation_ends_access_to_the_second() -> None:
    standing = Standing("active", END, cancel_at=END)
    assert window_of(standing, RULES) == Window(END)


def test_a_cancellation_in_a_later_period_does_not_matter_yet() -> None:
    standing = Standing("active", END, cancel_at=END + timedelta(days=300))
    assert window_of(standing, RULES) == Window(END + timedelta(days=1))


def test_a_failing_card_keeps_access_for_the_grace_and_says_so() -> None:
    standing = Standing("past_due", END, past_due_since=NOW)
    assert window_of(standing, RULES) == Window(NOW + timedelta(days=7), "card_failing")


def test_the_grace_does_not_outlast_a_planned_cancellation() -> None:
    cancel_at = NOW + timedelta(days=2)
    standing = Standing("past_due", END, past_due_since=NOW, cancel_at=cancel_at)
    assert window_of(standing, RULES).until == cancel_at


@pytest.mark.parametrize("status", ["pending", "unpaid", "paused", "ended"])
def test_what_is_not_paid_is_closed(status: str) -> None:
    assert window_of(Standing(status, END), RULES) == CLOSED  # type: ignore[arg-type]


@given(
    st.sampled_from(["trialing", "active", "past_due"]),
    st.integers(-50, 50),
    st.integers(0, 30),
)
def test_money_taken_back_closes_whatever_the_status(status: str, end: int, grace: int) -> None:
    standing = Standing(
        status,  # type: ignore[arg-type]
        NOW + timedelta(days=end),
        past_due_since=NOW,
        reversed=True,
    )
    assert window_of(standing, Rules(timedelta(days=grace))) == CLOSED


@given(st.integers(0, 60), st.integers(-100, 100))
def test_access_never_outlasts_period_and_grace(grace: int, since: int) -> None:
    start = NOW + timedelta(days=since)
    rules = Rules(timedelta(days=grace))
    window = window_of(Standing("past_due", start, past_due_since=start), rules)
    assert window.until is not None
    assert window.until <= start + timedelta(days=grace)
