"""One step at a time, with fresh reasons for each, and never more than the show wants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from feeds.sharing.measure import Figures
from feeds.sharing.policy import Policy, Progress, Wishes, days_beyond, due_step

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
POLICY = Policy(copies=6, days=3)
ALL = Wishes(mails_member=True, resets=True)


def ago(*days: int) -> list[date]:
    return [(NOW - timedelta(days=n)).date() for n in days]


def step(beyond: list[date], progress: Progress | None = None, wishes: Wishes = ALL) -> str | None:
    return due_step(beyond, progress, POLICY, wishes, NOW)


def test_as_many_copies_as_are_ordinary_are_no_reason() -> None:
    days = dict.fromkeys(ago(1, 2, 3, 4), Figures(2, 6, 6))
    assert days_beyond(days, POLICY, NOW) == []


def test_only_days_of_the_last_month_count() -> None:
    days = dict.fromkeys(ago(1, 29, 30, 31, 60), Figures(2, 9, 9))
    assert days_beyond(days, POLICY, NOW) == ago(29, 1)


def test_two_wild_days_are_nothing_and_three_are_told_to_the_podcaster() -> None:
    assert step(ago(1, 2)) is None
    assert step(ago(1, 2, 3)) == "notice"


def test_the_member_is_asked_only_a_week_later_and_if_it_went_on() -> None:
    noticed = Progress(NOW - timedelta(days=7))
    assert step(ago(1, 2, 3), noticed) == "mail"
    assert step(ago(8, 9, 10), noticed) is None
    assert step(ago(1, 2, 8), noticed) is None
    assert step(ago(1, 2, 3), Progress(NOW - timedelta(days=6))) is None


def test_the_reset_needs_another_week_fresh_days_and_the_shows_wish() -> None:
    mailed = Progress(NOW - timedelta(days=20), NOW - timedelta(days=7))
    assert step(ago(1, 2, 3), mailed) == "reset"
    assert step(ago(1, 2, 3), mailed, Wishes(resets=False)) is None
    assert step(ago(9, 10, 11), mailed) is None


def test_without_the_mail_nothing_is_ever_reset() -> None:
    noticed = Progress(NOW - timedelta(days=29))
    assert step(ago(1, 2, 3), noticed, Wishes(mails_member=False, resets=True)) is None


def test_a_month_without_reason_closes_the_case() -> None:
    assert step([], Progress(NOW - timedelta(days=31))) == "close"
