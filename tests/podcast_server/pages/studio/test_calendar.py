"""The calendar of a show, in the show's own time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.models import Episode, Show
from podcast_server.pages.studio.calendar.month import (
    FIRST,
    LAST,
    dates_of,
    entries_between,
    month_after,
    read_month,
)
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk

CALENDAR = "/studio/shows/harbour/calendar"
PARIS = ZoneInfo("Europe/Paris")


def publish(services: Services, show: Show, at: datetime, title: str) -> None:
    with services.sessions.begin() as session:
        here = session.get_one(Show, show.id)
        build_episode(session, services.storage, here, at, at=at, title=title)


def live_in(services: Services, show: Show, zone: str) -> None:
    with services.sessions.begin() as session:
        session.get_one(Show, show.id).time_zone = zone


# Paris leaves summer time on 25 October 2026 at 3:00, and enters it on 29 March at 2:00.
@pytest.mark.parametrize(
    ("at", "day", "clock"),
    [
        ("2026-10-24T22:00+00:00", "2026-10-25", "00:00"),
        ("2026-10-24T21:59+00:00", "2026-10-24", "23:59"),
        ("2026-10-25T00:30+00:00", "2026-10-25", "02:30"),
        ("2026-10-25T01:30+00:00", "2026-10-25", "02:30"),
        ("2026-10-25T22:59+00:00", "2026-10-25", "23:59"),
        ("2026-10-25T23:00+00:00", "2026-10-26", "00:00"),
        ("2026-03-29T01:00+00:00", "2026-03-29", "03:00"),
        ("2026-03-29T22:00+00:00", "2026-03-30", "00:00"),
    ],
)
def test_each_moment_is_on_its_day_also_when_clocks_change(
    services: Services, harbour: Show, at: str, day: str, clock: str
) -> None:
    moment = datetime.fromisoformat(at)
    publish(services, harbour, moment, "The storm")
    one_day = (date.fromisoformat(day), date.fromisoformat(day))
    with services.sessions() as session:
        (entry,) = entries_between(session, harbour.id, one_day, PARIS, moment)
    assert f"{entry.at:%Y-%m-%d %H:%M}" == f"{day} {clock}"


def test_the_month_shows_what_came_out_and_what_comes_out(
    owner: Desk, services: Services, harbour: Show, clock: Clock
) -> None:
    live_in(services, harbour, "Europe/Paris")
    out, coming = clock.now - timedelta(days=1), clock.now + timedelta(days=1)
    publish(services, harbour, out, "Heard already")
    publish(services, harbour, coming, "Not yet heard")
    pages = [owner.get(f"{CALENDAR}?month={each:%Y-%m}").text for each in (out, coming)]
    assert "Heard already" in pages[0]
    assert "Not yet heard" in pages[1]
    assert "Europe/Paris" in pages[0]
    assert "Published:" in pages[0]
    assert "Scheduled:" in pages[1]


def test_another_month_is_empty_and_says_so(owner: Desk, harbour: Show, first: Episode) -> None:
    page = owner.get(f"{CALENDAR}?month=1999-02").text
    assert first.title not in page
    assert "Nothing came out" in page


def test_drafts_without_a_time_wait_below(owner: Desk, services: Services, harbour: Show) -> None:
    headers = {"X-CSRFToken": owner.token()}
    begun = {"name": "fog horns.mp3", "size": 5, "fingerprint": "a"}
    owner.client.post("/studio/shows/harbour/uploads", json=begun, headers=headers)
    page = owner.get(CALENDAR).text
    assert "Drafts without a time" in page
    assert "fog horns" in page


@pytest.mark.parametrize("text", ["", "x", "2026-13", "0000-00", "99999-01", "2026-11-05", "'"])
def test_a_month_that_is_none_is_this_month(owner: Desk, harbour: Show, text: str) -> None:
    assert 'aria-current="date"' in owner.get(f"{CALENDAR}?month={text}").text


@pytest.mark.parametrize("text", ["0001-01", "9999-12"])
def test_the_ends_of_time_are_no_error(owner: Desk, harbour: Show, text: str) -> None:
    assert owner.get(f"{CALENDAR}?month={text}").status_code == 200


@given(st.dates(FIRST, LAST), st.integers(0, 6))
def test_weeks_are_whole_and_hold_the_whole_month(day: date, first_weekday: int) -> None:
    first = read_month(f"{day:%Y-%m}", day)
    weeks = dates_of(first, first_weekday)
    days = [each for week in weeks for each in week]
    assert {len(week) for week in weeks} == {7}
    assert weeks[0][0].weekday() == first_weekday
    assert first in days
    assert month_after(first, 1) - timedelta(days=1) in days
    assert month_after(month_after(first, 1), -1) == first


def test_days_are_named_in_the_language_of_the_reader(owner: Desk, harbour: Show) -> None:
    french = owner.client.get(CALENDAR, headers={"Accept-Language": "fr"}).text
    assert french.index("lundi") < french.index("dimanche")


@pytest.mark.parametrize(
    ("before", "local", "moment"),
    [
        # Told in winter time for the first morning of summer time, and the other way round.
        ("2026-03-20T12:00+00:00", "2026-03-29T09:00", "2026-03-29T07:00+00:00"),
        ("2026-10-20T12:00+00:00", "2026-10-25T09:00", "2026-10-25T08:00+00:00"),
    ],
)
def test_an_episode_comes_out_on_time_on_the_morning_after_clocks_change(
    hire: Callable[..., Desk],
    services: Services,
    harbour: Show,
    clock: Clock,
    before: str,
    local: str,
    moment: str,
) -> None:
    clock.now = datetime.fromisoformat(before)
    live_in(services, harbour, "Europe/Paris")
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        key = build_episode(session, services.storage, show, clock.now, publish=False).key
    owner = hire("owner")
    said = owner.send(
        f"/studio/shows/harbour/episodes/{key}",
        act="schedule",
        title="Dawn",
        type="full",
        audience="free",
        publish_at=local,
    )
    assert "It comes out on" in said.text
    assert "9:00" in owner.get(f"{CALENDAR}?month={local[:7]}").text
    due = datetime.fromisoformat(moment)
    for at, is_out in ((due - timedelta(seconds=1), False), (due, True)):
        clock.now = at
        for page in ("/shows/harbour", "/shows/harbour/feed.xml"):
            assert ("Dawn" in owner.get(page).text) is is_out, (page, at)
