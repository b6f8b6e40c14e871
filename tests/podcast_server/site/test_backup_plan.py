"""When a backup is due by the owner's plan, on the clock of a place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from podcast_server.settings import BackupSettings
from podcast_server.site.backup_plan import BackupPlan, Chosen, backup_plan, is_due, last_time

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)  # a Wednesday


def chosen(every: str = "daily", hour: int = 3, zone: str = "UTC", keep: int = 5) -> Chosen:
    return Chosen.model_validate({"every": every, "hour": hour, "zone": zone, "keep": keep})


def plan(what: Chosen | None, **section: int) -> BackupPlan:
    kept = "" if what is None else what.model_dump_json()
    return backup_plan(BackupSettings.model_validate(section), kept)


@pytest.mark.parametrize(
    ("every", "hour", "zone", "last"),
    [
        ("daily", 3, "UTC", "2026-06-03T03:00+00:00"),
        ("daily", 12, "UTC", "2026-06-03T12:00+00:00"),
        ("daily", 13, "UTC", "2026-06-02T13:00+00:00"),
        ("daily", 13, "Europe/Paris", "2026-06-03T11:00+00:00"),
        ("daily", 3, "America/Los_Angeles", "2026-06-03T10:00+00:00"),
        ("daily", 6, "America/Los_Angeles", "2026-06-02T13:00+00:00"),
        ("0", 3, "UTC", "2026-06-01T03:00+00:00"),
        ("2", 3, "UTC", "2026-06-03T03:00+00:00"),
        ("2", 13, "UTC", "2026-05-27T13:00+00:00"),
        ("6", 23, "UTC", "2026-05-31T23:00+00:00"),
    ],
)
def test_the_last_time_is_the_newest_that_has_come(
    every: str, hour: int, zone: str, last: str
) -> None:
    assert last_time(chosen(every, hour, zone), NOW) == datetime.fromisoformat(last)


def test_an_hour_that_a_clock_leaves_out_comes_all_the_same() -> None:
    morning = datetime(2026, 3, 29, 4, 0, tzinfo=UTC)  # clocks went from 2 to 3 that night
    found = last_time(chosen("daily", 2, "Europe/Paris"), morning)
    assert timedelta(0) < morning - found < timedelta(hours=4)


def test_it_is_due_once_for_each_time() -> None:
    daily = plan(chosen("daily", 3))
    assert is_due(daily, NOW - timedelta(hours=10), NOW)
    assert not is_due(daily, NOW - timedelta(hours=8), NOW)


def test_the_first_does_not_wait_and_never_is_never() -> None:
    assert is_due(plan(chosen("daily")), None, NOW)
    assert not is_due(plan(chosen("never")), None, NOW)
    assert plan(chosen("never")).longest is None


def test_without_a_choice_it_is_every_so_many_hours() -> None:
    assert is_due(plan(None), NOW - timedelta(hours=24), NOW)
    assert not is_due(plan(None), NOW - timedelta(hours=23), NOW)
    assert plan(None).keep == BackupSettings().keep


def test_what_the_operator_set_otherwise_holds() -> None:
    both = plan(chosen("never", keep=5), every_hours=6, keep=30)
    assert (both.operators_rhythm, both.operators_keep, both.keep) == (True, True, 30)
    assert is_due(both, NOW - timedelta(hours=6), NOW)
    one = plan(chosen("never", keep=5), keep=30)
    assert (one.operators_rhythm, one.keep) == (False, 30)
    assert not is_due(one, NOW - timedelta(days=9), NOW)


@pytest.mark.parametrize("kept", ["{", '{"every": "hourly"}', "[]", "null"])
def test_what_cannot_be_read_is_no_choice(kept: str) -> None:
    assert backup_plan(BackupSettings(), kept).chosen is None


def test_a_place_that_is_on_no_map_is_no_choice() -> None:
    kept = chosen().model_copy(update={"zone": "../etc/passwd"}).model_dump_json()
    assert backup_plan(BackupSettings(), kept).chosen is None
