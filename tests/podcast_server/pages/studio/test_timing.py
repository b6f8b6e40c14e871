"""The time under “Comes out” is honoured or refused, and never passed over in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from episodes.models import Episode
from podcast_server.services import Services
from tests.conftest import Clock
from tests.podcast_server.pages.studio.conftest import Desk, now_is, page_of, save

PAST, FUTURE = "2020-01-01T09:00", "2999-01-01T09:00"
THEN = datetime(2020, 1, 1, 9, tzinfo=UTC)
LATER = datetime(2999, 1, 1, 9, tzinfo=UTC)


def test_a_draft_is_not_scheduled_for_a_time_that_has_passed(
    owner: Desk, services: Services, draft: Episode
) -> None:
    answer = save(owner, draft, act="schedule", publish_at=PAST).text
    assert "This time has passed." in answer
    assert "Publish with this date" in answer
    assert now_is(services, draft).state == "draft"


def test_a_draft_comes_out_with_a_date_of_the_past_where_that_is_meant(
    owner: Desk, services: Services, draft: Episode
) -> None:
    answer = save(owner, draft, act="backdate", publish_at=PAST).text
    assert "It is out, dated Jan 1, 2020" in answer
    assert now_is(services, draft).publish_at == THEN


def test_the_time_of_a_draft_is_kept_and_what_is_missing_said(
    owner: Desk, services: Services, draft: Episode
) -> None:
    answer = save(owner, draft, publish_at=FUTURE).text
    assert "It is not scheduled yet: press “Schedule”" in answer
    assert (now_is(services, draft).publish_at, now_is(services, draft).state) == (LATER, "draft")
    save(owner, draft, publish_at="")
    assert now_is(services, draft).publish_at is None


def test_a_draft_published_now_is_of_now_and_the_unused_time_is_told(
    owner: Desk, services: Services, draft: Episode, now: datetime
) -> None:
    assert "was not used" in save(owner, draft, act="publish", publish_at=FUTURE).text
    assert now_is(services, draft).publish_at == now


def test_saving_a_new_time_moves_what_is_scheduled(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, act="schedule", publish_at="2998-01-01T09:00")
    assert "Saved. It comes out on Jan 1, 2999" in save(owner, draft, publish_at=FUTURE).text
    assert now_is(services, draft).publish_at == LATER


def test_what_is_scheduled_is_not_saved_with_a_time_that_has_passed_or_with_none(
    owner: Desk, services: Services, draft: Episode
) -> None:
    save(owner, draft, act="schedule", publish_at=FUTURE)
    assert "This time has passed." in save(owner, draft, publish_at=PAST, title="New").text
    assert "Say when it is to come out." in save(owner, draft, publish_at="", title="New").text
    assert (now_is(services, draft).publish_at, now_is(services, draft).title) == (LATER, "Tide")


def test_saving_a_new_date_of_the_past_dates_what_is_out(
    owner: Desk, services: Services, first: Episode
) -> None:
    answer = save(owner, first, publish_at=PAST).text
    assert "Saved. It is dated Jan 1, 2020" in answer
    assert now_is(services, first).publish_at == THEN


def test_what_is_out_is_taken_back_until_a_time_only_where_that_is_meant(
    owner: Desk, services: Services, first: Episode, now: datetime
) -> None:
    answer = save(owner, first, publish_at=FUTURE).text
    assert "takes it out of all feeds until then" in answer
    assert "Take it back until then" in answer
    assert now_is(services, first).publish_at == now - timedelta(days=1)
    save(owner, first, act="schedule", publish_at=FUTURE)
    assert now_is(services, first).publish_at == LATER


def test_an_untouched_time_keeps_its_seconds(
    owner: Desk, services: Services, first: Episode, now: datetime
) -> None:
    exact = now.replace(hour=8, minute=15, second=42) - timedelta(days=1)
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).publish_at = exact
    shown = exact.strftime("%Y-%m-%dT%H:%M")
    assert f'value="{shown}"' in owner.get(page_of(first)).text
    save(owner, first, publish_at=shown)
    assert now_is(services, first).publish_at == exact


def test_what_was_withdrawn_comes_out_with_its_old_date(
    owner: Desk, services: Services, first: Episode, now: datetime, clock: Clock
) -> None:
    owner.send(f"{page_of(first)}/state", act="withdraw")
    clock.now += timedelta(days=2)
    assert "It is out again, dated" in save(owner, first, act="publish").text
    assert now_is(services, first).publish_at == now - timedelta(days=1)
